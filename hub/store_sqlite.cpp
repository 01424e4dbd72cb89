#include "hub/store_sqlite.hpp"

#include <chrono>
#include <sqlite3.h>

namespace sallyport::hub::sqlite {
namespace {

/// How long a call waits for another process's transaction.
constexpr std::chrono::milliseconds busy_timeout{5000};

Error error_of(sqlite3* database, const std::string& doing) {
    const int code = sqlite3_extended_errcode(database);
    const std::string detail = doing + ": " + sqlite3_errmsg(database);
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
            if (code == SQLITE_CONSTRAINT_FOREIGNKEY) return {Errc::not_found, detail};
            return {Errc::conflict, detail};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {Errc::unavailable,
                    detail + "; another process holds the hub's database, try again"};
        case SQLITE_NOTADB:
        case SQLITE_CORRUPT:
            return {Errc::failed, detail + "; restore the hub's database from a backup"};
        default:
            return {Errc::failed, detail};
    }
}

}  // namespace

Statement::Statement(sqlite3* database, sqlite3_stmt* statement)
    : database_(database), statement_(statement) {}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::bind(std::string_view text) {
    // An empty view may have no address, which SQLite would take for NULL.
    const char* address = text.empty() ? "" : text.data();
    const int code = sqlite3_bind_text64(statement_.get(), ++bound_, address, text.size(),
                                         SQLITE_TRANSIENT,  // NOLINT: the library's own cast
                                         SQLITE_UTF8);
    if (code != SQLITE_OK) failure_ = code;
    return *this;
}

Statement& Statement::bind(std::int64_t number) {
    const int code = sqlite3_bind_int64(statement_.get(), ++bound_, number);
    if (code != SQLITE_OK) failure_ = code;
    return *this;
}

Statement& Statement::bind(std::optional<std::int64_t> number) {
    if (number) return bind(*number);
    const int code = sqlite3_bind_null(statement_.get(), ++bound_);
    if (code != SQLITE_OK) failure_ = code;
    return *this;
}

Result<bool> Statement::step() {
    if (failure_ != 0) return error_of(database_, "bind a value");
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return error_of(database_, "hub database");
}

Result<std::int64_t> Statement::execute() {
    const auto row = step();
    if (!row) return row.error();
    return sqlite3_changes64(database_);
}

std::string Statement::text(int column) const {
    const auto* text = sqlite3_column_text(statement_.get(), column);
    const auto size = sqlite3_column_bytes(statement_.get(), column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

std::int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::optional_number(int column) const {
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
    return number(column);
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::filesystem::path& file) {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(file.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, nullptr);
    Database database(handle);
    if (handle == nullptr) return Error{Errc::failed, "SQLite: out of memory"};
    if (code != SQLITE_OK) return error_of(handle, "open " + file.string());
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
    // FULL: a join token that was used stays used, also after a power cut.
    const auto ready = database.run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;");
    if (!ready) return ready.error();
    return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
    if (code != SQLITE_OK) return error_of(database_.get(), "hub database");
    return Statement(database_.get(), statement);
}

Result<void> Database::run(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return error_of(database_.get(), "hub database");
    return {};
}

Result<std::int64_t> Database::pragma(const char* sql) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    const auto row = statement->step();
    if (!row) return row.error();
    return *row ? statement->number(0) : 0;
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
    // A writer takes its lock at once: one that reads first and writes later could find, too late
    // to wait, that somebody else wrote in between.
    const auto begun = database.run(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED");
    if (!begun) return begun.error();
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ == nullptr) return;
    // It fails only if SQLite has rolled back by itself already.
    static_cast<void>(database_->run("ROLLBACK"));
}

Result<void> Transaction::commit() {
    const auto done = database_->run("COMMIT");
    if (!done) return done.error();
    database_ = nullptr;
    return {};
}

}  // namespace sallyport::hub::sqlite
