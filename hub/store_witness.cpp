#include "hub/store_witness.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/state.hpp"
#include "hub/store_implementation.hpp"

#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <sstream>

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr std::int64_t schema = 1;

/// `place`: the newest log has the highest. That no two agents have a log of the same origin is
/// what keeps the hub from countersigning two histories of it.
constexpr const char* tables = R"sql(
CREATE TABLE log (
    tenant      TEXT NOT NULL,
    agent       TEXT NOT NULL,
    place       INTEGER NOT NULL,
    origin      TEXT NOT NULL UNIQUE,
    keys        TEXT NOT NULL,
    size        INTEGER NOT NULL,
    note        TEXT NOT NULL,
    begun_at    INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (tenant, agent, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE alarm (
    tenant      TEXT NOT NULL,
    agent       TEXT NOT NULL,
    log         TEXT NOT NULL,
    code        TEXT NOT NULL,
    text        TEXT NOT NULL,
    raised_at   INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    PRIMARY KEY (tenant, agent, log, code)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
)sql";

constexpr const char* log_columns =
    "SELECT tenant, agent, origin, keys, size, note, begun_at, at FROM log ";
constexpr const char* alarm_columns =
    "SELECT tenant, agent, log, code, text, raised_at, count FROM alarm ";
constexpr const char* of_agent = "WHERE tenant = ? AND agent = ?";

Result<void> prepare_schema(Database& database) {
    auto transaction = Transaction::begin(database, Transaction::Kind::write);
    if (!transaction) return transaction.error();
    const auto version = database.pragma("PRAGMA user_version");
    if (!version) return version.error();
    if (*version > schema)
        return Error{Errc::unsupported, "witness.db has schema version " +
                                            std::to_string(*version) +
                                            ", this program knows up to " + std::to_string(schema) +
                                            ": install the newer sallyport-hub that wrote it"};
    if (*version == 0)
        if (const auto made = database.run(tables); !made) return made.error();
    return transaction->commit();
}

KnownLog log_of(const Statement& row) {
    KnownLog log{.origin = row.text(2),
                 .keys = {},
                 .size = static_cast<std::uint64_t>(row.number(4)),
                 .note = row.text(5),
                 .begun_at = sqlite::time_of(row.number(6)),
                 .at = sqlite::time_of(row.number(7))};
    std::istringstream keys(row.text(3));
    for (std::string key; std::getline(keys, key);) log.keys.push_back(key);
    return log;
}

LogAlarm alarm_of(const Statement& row) {
    return {row.text(2), row.text(3), row.text(4), sqlite::time_of(row.number(5)),
            static_cast<std::uint64_t>(row.number(6))};
}

Result<AgentLogs> logs_of(Database& database, const AgentKey& agent) {
    auto select = database.prepare(std::string(log_columns) + of_agent + " ORDER BY place");
    if (!select) return select.error();
    select->bind(agent.tenant_id).bind(agent.name);
    auto logs = sqlite::rows(*select, log_of);
    if (!logs) return logs.error();
    select = database.prepare(std::string(alarm_columns) + of_agent + " ORDER BY log, code");
    if (!select) return select.error();
    select->bind(agent.tenant_id).bind(agent.name);
    auto alarms = sqlite::rows(*select, alarm_of);
    if (!alarms) return alarms.error();
    return AgentLogs{agent, std::move(*logs), std::move(*alarms)};
}

/// The agent that the log belongs to.
Result<std::optional<AgentKey>> owner_of(Database& database, std::string_view origin) {
    auto select = database.prepare("SELECT tenant, agent FROM log WHERE origin = ?");
    if (!select) return select.error();
    select->bind(origin);
    const auto row = select->step();
    if (!row) return row.error();
    if (!*row) return std::optional<AgentKey>();
    return std::optional(AgentKey{select->text(0), select->text(1)});
}

Result<void> insert(Database& database, const AgentKey& agent, std::int64_t place,
                    const KnownLog& log) {
    auto insert = database.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!insert) return insert.error();
    std::string keys;
    for (const auto& key : log.keys) keys += key + '\n';
    insert->bind(agent.tenant_id).bind(agent.name).bind(place).bind(log.origin).bind(keys);
    insert->bind(static_cast<std::int64_t>(log.size)).bind(log.note);
    insert->bind(sqlite::seconds_of(log.begun_at)).bind(sqlite::seconds_of(log.at));
    if (const auto done = insert->execute(); !done) return done.error();
    return {};
}

Result<void> insert(Database& database, const AgentKey& agent, const LogAlarm& alarm) {
    auto insert = database.prepare("INSERT INTO alarm VALUES (?, ?, ?, ?, ?, ?, ?)");
    if (!insert) return insert.error();
    insert->bind(agent.tenant_id).bind(agent.name).bind(alarm.log).bind(alarm.code);
    insert->bind(alarm.text).bind(sqlite::seconds_of(alarm.raised_at));
    insert->bind(static_cast<std::int64_t>(alarm.count));
    if (const auto done = insert->execute(); !done) return done.error();
    return {};
}

Result<void> replace(Database& database, const AgentLogs& before, const AgentLogs& after) {
    if (after == before) return {};
    const auto& agent = before.agent;
    for (const std::string table : {"log ", "alarm "}) {
        const auto removed =
            sqlite::execute(database.prepare("DELETE FROM " + table + of_agent),
                            std::string_view(agent.tenant_id), std::string_view(agent.name));
        if (!removed) return removed.error();
    }
    std::int64_t place = 0;
    for (const auto& log : after.logs)
        if (const auto done = insert(database, agent, place++, log); !done) return done.error();
    for (const auto& alarm : after.alarms)
        if (const auto done = insert(database, agent, alarm); !done) return done.error();
    return {};
}

/// SQLite would make it with the mode the umask happens to give.
Result<void> make_file(const std::filesystem::path& file) {
    const FileDescriptor fd(::open(file.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
    if (fd) return give_to_owner_of(file.parent_path(), {file.filename().string()});
    if (errno == EEXIST) return {};
    return os_error("create " + file.string());
}

}  // namespace

/// One connection; calls from several threads take turns.
class WitnessStore::Implementation {
public:
    explicit Implementation(Database database) : database_(std::move(database)) {}

    template <class Work>
    std::invoke_result_t<Work, Database&> run(Transaction::Kind kind, Work work) {
        const std::lock_guard turn(mutex_);
        auto transaction = Transaction::begin(database_, kind);
        if (!transaction) return transaction.error();
        auto result = work(database_);
        if (!result) return result;
        if (const auto done = transaction->commit(); !done) return done.error();
        return result;
    }

private:
    std::mutex mutex_;
    Database database_;
};

WitnessStore::WitnessStore(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
WitnessStore::WitnessStore(WitnessStore&&) noexcept = default;
WitnessStore& WitnessStore::operator=(WitnessStore&&) noexcept = default;
WitnessStore::~WitnessStore() = default;

Result<WitnessStore> WitnessStore::open(const std::filesystem::path& file) {
    if (const auto made = make_file(file); !made) return made.error();
    auto database = Database::open(file);
    if (!database) return database.error();
    if (const auto ready = prepare_schema(*database); !ready) return ready.error();
    return WitnessStore(std::make_unique<Implementation>(std::move(*database)));
}

Result<void> WitnessStore::change(const AgentKey& agent, std::string_view origin,
                                  const Decide& decide) {
    return implementation_->run(Transaction::Kind::write, [&](Database& database) -> Result<void> {
        const auto before = logs_of(database, agent);
        if (!before) return before.error();
        const auto owner = owner_of(database, origin);
        if (!owner) return owner.error();
        auto own = *before;
        if (!*owner || **owner == agent) {
            decide(own, nullptr);
            return replace(database, *before, own);
        }
        const auto others_before = logs_of(database, **owner);
        if (!others_before) return others_before.error();
        auto others = *others_before;
        decide(own, &others);
        if (const auto done = replace(database, *others_before, others); !done) return done;
        return replace(database, *before, own);
    });
}

Result<AgentLogs> WitnessStore::logs(const AgentKey& agent) {
    return implementation_->run(Transaction::Kind::read,
                                [&](Database& database) { return logs_of(database, agent); });
}

Result<std::vector<AgentLogs>> WitnessStore::all() {
    return implementation_->run(
        Transaction::Kind::read, [](Database& database) -> Result<std::vector<AgentLogs>> {
            auto select = database.prepare(
                "SELECT tenant, agent FROM log UNION SELECT tenant, agent FROM alarm ORDER BY 1, "
                "2");
            if (!select) return select.error();
            const auto agents = sqlite::rows(*select, [](const Statement& row) {
                return AgentKey{row.text(0), row.text(1)};
            });
            if (!agents) return agents.error();
            std::vector<AgentLogs> all;
            for (const auto& agent : *agents) {
                auto known = logs_of(database, agent);
                if (!known) return known.error();
                all.push_back(std::move(*known));
            }
            return all;
        });
}

}  // namespace sallyport::hub
