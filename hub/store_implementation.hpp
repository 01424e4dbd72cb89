// What the parts of Store share; included by hub/store_*.cpp only.
#pragma once

#include "hub/store.hpp"
#include "hub/store_sqlite.hpp"

#include <atomic>
#include <iterator>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sallyport::hub {

namespace sqlite {

/// What stands in the record as the value before: a statement that selects one text.
struct Before {
    std::string_view sql;
    std::string_view first;
    std::optional<std::string_view> second{};  // bound behind it, if it is needed
};

}  // namespace sqlite

/// One connection; calls from several threads take turns.
class Store::Implementation {
public:
    explicit Implementation(sqlite::Database database) : database_(std::move(database)) {}

    /// Runs `change` in one transaction, which is undone if it fails.
    template <class Change>
    std::invoke_result_t<Change, sqlite::Database&> write(Change change) {
        auto result = run(sqlite::Transaction::Kind::write, std::move(change));
        if (result) changes_.fetch_add(1, std::memory_order_relaxed);
        return result;
    }

    /// As write(), and notes the act of an administrator in the same transaction.
    template <class Change>
    std::invoke_result_t<Change, sqlite::Database&> act(const Act& act, Change change);
    /// The same, where `change` replaces what `before` finds.
    template <class Change>
    std::invoke_result_t<Change, sqlite::Database&> act(Act act, const sqlite::Before& before,
                                                        Change change);

    void act_as(Actor actor) {
        const std::lock_guard turn(mutex_);
        actor_ = std::move(actor);
    }

    /// Runs `look` on one consistent state of the database.
    template <class Look>
    std::invoke_result_t<Look, sqlite::Database&> read(Look look) {
        return run(sqlite::Transaction::Kind::read, std::move(look));
    }

    Result<std::uint64_t> data_version();

private:
    template <class Work>
    std::invoke_result_t<Work, sqlite::Database&> run(sqlite::Transaction::Kind kind, Work work) {
        const std::lock_guard turn(mutex_);
        auto transaction = sqlite::Transaction::begin(database_, kind);
        if (!transaction) return transaction.error();
        auto result = work(database_);
        if (!result) return result;
        if (const auto done = transaction->commit(); !done) return done.error();
        return result;
    }

    std::mutex mutex_;
    sqlite::Database database_;
    Actor actor_ = Actor::of_process();
    std::atomic<std::uint64_t> changes_ = 0;  // ours: SQLite's data_version counts only the others'
};

namespace sqlite {

inline std::int64_t seconds_of(TimePoint time) { return time.time_since_epoch().count(); }
inline TimePoint time_of(std::int64_t seconds) { return TimePoint(std::chrono::seconds(seconds)); }
inline std::optional<TimePoint> time_of(std::optional<std::int64_t> seconds) {
    if (!seconds) return std::nullopt;
    return time_of(*seconds);
}

/// Several words in one column, with blanks between them.
inline std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    return {std::istream_iterator<std::string>(in), {}};
}
inline std::string text_of(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : " ").append(word);
    return text;
}

/// All rows of a statement that is bound, each read by `read(statement)`.
template <class Read>
auto rows(Statement& statement, Read read)
    -> Result<std::vector<std::invoke_result_t<Read, const Statement&>>> {
    std::vector<std::invoke_result_t<Read, const Statement&>> all;
    while (true) {
        const auto row = statement.step();
        if (!row) return row.error();
        if (!*row) return all;
        all.push_back(read(statement));
    }
}

/// Prepares, binds and runs a statement without rows.
Result<void> execute(Result<Statement> statement, auto first, auto... more) {
    if (!statement) return statement.error();
    statement->bind(first);
    (statement->bind(more), ...);
    if (const auto done = statement->execute(); !done) return done.error();
    return {};
}

/// The parts of StoreContent, in the caller's transaction.
Result<std::vector<Tenant>> all_tenants(Database& database);
Result<std::vector<Client>> all_clients(Database& database);
Result<std::vector<Agent>> all_agents(Database& database);
Result<std::vector<CertificateEntry>> all_certificates(Database& database);
Result<std::vector<AuthorityEntry>> all_authorities(Database& database);
Result<std::vector<ExternalAuthority>> all_external_authorities(Database& database);
Result<std::vector<AccessKey>> all_access_keys(Database& database);
Result<std::vector<Channel>> all_channels(Database& database);

/// Records a certificate, and forgets what is too old to count.
Result<void> insert_certificate(Database& database, std::int64_t agent, std::uint64_t generation,
                                const CertificateEntry& certificate);

/// Into the outbox. Errors: Errc::limit above outbox_rows_max.
Result<void> note_act(Database& database, const Actor& actor, const Act& act);

/// Empty if there is nothing.
Result<std::string> text_before(Database& database, const Before& before);

/// The row number of an agent. Errors: Errc::not_found.
Result<std::int64_t> agent_row(Database& database, const AgentKey& key);
/// Whether the agent may stand at the locations it was granted, beside the others there. Errors:
/// Errc::conflict.
Result<void> check_locations(Database& database, const AgentKey& key, std::int64_t row);

}  // namespace sqlite

template <class Change>
std::invoke_result_t<Change, sqlite::Database&> Store::Implementation::act(const Act& act,
                                                                           Change change) {
    return this->act(act, {}, std::move(change));
}

template <class Change>
std::invoke_result_t<Change, sqlite::Database&> Store::Implementation::act(
    Act act, const sqlite::Before& before, Change change) {
    return write(
        [&](sqlite::Database& database) -> std::invoke_result_t<Change, sqlite::Database&> {
            if (!before.sql.empty()) {
                auto text = sqlite::text_before(database, before);
                if (!text) return text.error();
                act.before = std::move(*text);
            }
            auto result = change(database);
            if (!result) return result;
            if (const auto noted = sqlite::note_act(database, actor_, act); !noted)
                return noted.error();
            return result;
        });
}
}  // namespace sallyport::hub
