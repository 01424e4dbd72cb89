#include "base/error.hpp"
#include "hub/store_implementation.hpp"

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;

/// The key that waits or was approved, if it is this one: then whether it was approved.
Result<std::optional<bool>> find(Database& database, std::int64_t agent,
                                 std::string_view key_hash) {
    auto select = database.prepare(
        "SELECT approved_at IS NOT NULL FROM approval WHERE agent = ? AND key_hash = ?");
    if (!select) return select.error();
    const auto row = select->bind(agent).bind(key_hash).step();
    if (!row) return row.error();
    if (!*row) return std::optional<bool>();
    return std::optional(select->number(0) != 0);
}

Result<void> check_room(Database& database, std::int64_t agent) {
    auto select = database.prepare("SELECT count(*) FROM approval WHERE agent = ?");
    if (!select) return select.error();
    const auto row = select->bind(agent).step();
    if (!row) return row.error();
    if (select->number(0) < static_cast<std::int64_t>(approvals_per_agent_max)) return {};
    return Error{Errc::denied,
                 "too many keys of this agent wait for an administrator already, perhaps because "
                 "somebody else has its secrets; sallyport-hub agent approve lets one of them "
                 "pass, agent reissue drops them all"};
}

}  // namespace

Result<bool> Store::ask_approval(const AgentKey& agent, std::string_view key_hash,
                                 std::string_view what, TimePoint now) {
    // Whoever waits asks again and again; that writes nothing.
    const auto seen = implementation_->read([&](Database& database) -> Result<std::optional<bool>> {
        const auto row = sqlite::agent_row(database, agent);
        if (!row) return row.error();
        return find(database, *row, key_hash);
    });
    if (!seen) return seen.error();
    if (*seen) return **seen;
    return implementation_->write([&](Database& database) -> Result<bool> {
        const auto row = sqlite::agent_row(database, agent);
        if (!row) return row.error();
        const auto known = find(database, *row, key_hash);
        if (!known) return known.error();
        if (*known) return **known;
        if (const auto room = check_room(database, *row); !room) return room.error();
        auto insert = database.prepare(
            "INSERT INTO approval (agent, key_hash, what, requested_at)"
            " VALUES (?, ?, ?, ?)");
        const auto done =
            sqlite::execute(std::move(insert), *row, key_hash, what, sqlite::seconds_of(now));
        if (!done) return done.error();
        return false;
    });
}

Result<std::vector<Approval>> Store::approvals() {
    return implementation_->read([](Database& database) -> Result<std::vector<Approval>> {
        auto select = database.prepare(
            "SELECT tenant, name, key_hash, what, requested_at, approved_at FROM approval"
            " JOIN agent ON agent.id = approval.agent ORDER BY requested_at, agent.id");
        if (!select) return select.error();
        return sqlite::rows(*select, [](const Statement& row) {
            return Approval{.agent = {.tenant_id = row.text(0), .name = row.text(1)},
                            .key_hash = row.text(2),
                            .what = row.text(3),
                            .requested_at = sqlite::time_of(row.number(4)),
                            .approved_at = sqlite::time_of(row.optional_number(5))};
        });
    });
}

Result<void> Store::approve(const AgentKey& agent, std::string_view key_hash, TimePoint now) {
    return implementation_->act(
        {.act = "agent.approve",
         .tenant_id = agent.tenant_id,
         .object = agent.name,
         .after = "key " + std::string(key_hash)},
        [&](Database& database) -> Result<void> {
            const auto row = sqlite::agent_row(database, agent);
            if (!row) return row.error();
            auto update = database.prepare(
                "UPDATE approval SET approved_at = ? WHERE agent = ? AND key_hash = ?");
            if (!update) return update.error();
            const auto changed =
                update->bind(sqlite::seconds_of(now)).bind(*row).bind(key_hash).execute();
            if (!changed) return changed.error();
            if (*changed == 0)
                return Error{Errc::not_found, "this key of the agent does not wait for approval"};
            return {};
        });
}

}  // namespace sallyport::hub
