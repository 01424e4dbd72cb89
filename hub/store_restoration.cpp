#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/restoration.hpp"
#include "hub/store.hpp"
#include "hub/store_implementation.hpp"
#include "hub/witness.hpp"

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Transaction;

Result<void> keep(const std::filesystem::path& file, const AgentKey& agent, const std::string& text,
                  TimePoint now) {
    auto database = Database::open(file);
    if (!database) return database.error();
    auto transaction = Transaction::begin(*database, Transaction::Kind::write);
    if (!transaction) return transaction.error();
    const auto row = sqlite::agent_row(*database, agent);
    if (!row) return row.error();
    const auto kept =
        sqlite::execute(database->prepare("INSERT OR REPLACE INTO restoration VALUES (?, ?, ?)"),
                        *row, sqlite::seconds_of(now), std::string_view(text));
    if (!kept) return kept.error();
    return transaction->commit();
}

Result<void> note(const std::filesystem::path& file, const AgentKey& agent,
                  const std::string& text) {
    auto store = Store::open(file);
    if (!store) return store.error();
    return store->note_act({.act = "agent.restored",
                            .tenant_id = agent.tenant_id,
                            .object = agent.name,
                            .after = text});
}

}  // namespace

Result<std::optional<Restoration>> restoration_of(const std::filesystem::path& file,
                                                  const AgentKey& agent) {
    auto database = Database::open(file);
    if (!database) return database.error();
    auto select = database->prepare(
        "SELECT at, text FROM restoration JOIN agent ON agent.id = restoration.agent"
        " WHERE tenant = ? AND name = ?");
    if (!select) return select.error();
    const auto row = select->bind(agent.tenant_id).bind(agent.name).step();
    if (!row) return row.error();
    if (!*row) return std::optional<Restoration>();
    return std::optional(Restoration{sqlite::time_of(select->number(0)), select->text(1)});
}

std::function<void(const AgentKey&, const certs::Restored&, TimePoint)> restoration_keeper(
    std::filesystem::path file, Witness& witness) {
    return [file = std::move(file), &witness](const AgentKey& agent,
                                              const certs::Restored& restored, TimePoint now) {
        const auto succession = witness.expect(agent, restored, now);
        log::warn("agent.restored", {{"tenant", agent.tenant_id},
                                     {"agent", agent.name},
                                     {"expected", succession.accepted},
                                     {"what", succession.text}});
        auto kept = keep(file, agent, succession.text, now);
        if (kept) kept = note(file, agent, succession.text);
        if (!kept)
            log::error("agent.restored_unkept",
                       {{"agent", agent.name}, {"error", to_text(kept.error())}});
    };
}

}  // namespace sallyport::hub
