// SQLite in the words of this project; included by hub/store_*.cpp only.
#pragma once

#include "base/error.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace sallyport::hub::sqlite {

/// One prepared statement. Bind from left to right, then step.
class Statement {
public:
    Statement(sqlite3* database, sqlite3_stmt* statement);

    Statement& bind(std::string_view text);
    Statement& bind(std::int64_t number);
    Statement& bind(std::optional<std::int64_t> number);

    /// True if there is a row to read. A failed bind shows up here, too.
    Result<bool> step();
    /// For statements without rows: how many rows they changed.
    Result<std::int64_t> execute();

    std::string text(int column) const;
    std::int64_t number(int column) const;
    std::optional<std::int64_t> optional_number(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    sqlite3* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = 0;
    int failure_ = 0;
};

class Database {
public:
    /// The file must exist. Write-ahead log, foreign keys, waiting for other processes.
    static Result<Database> open(const std::filesystem::path& file);

    Result<Statement> prepare(std::string_view sql);
    /// Several statements without parameters.
    Result<void> run(const char* sql);
    Result<std::int64_t> pragma(const char* sql);

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    explicit Database(sqlite3* database) : database_(database) {}
    std::unique_ptr<sqlite3, Close> database_;
};

/// Rolls back unless committed.
class Transaction {
public:
    enum class Kind { read, write };
    static Result<Transaction> begin(Database& database, Kind kind);

    Transaction(Transaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

/// The schema this version writes; `migrate` brings an older database to it, one transaction a
/// step.
Result<void> migrate(Database& database);
std::int64_t schema_version();

}  // namespace sallyport::hub::sqlite
