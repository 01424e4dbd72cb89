#include "base/error.hpp"
#include "hub/store_implementation.hpp"

#include <map>

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;

Sharing sharing_of(std::int64_t flag) { return flag != 0 ? Sharing::shared : Sharing::alone; }

/// Tells whether `location` is free for one more agent: nobody else stands there, or everybody
/// agreed to share it. Revoked agents do not count.
Result<void> check_room(Database& database, const AgentKey& key, const GrantedLocation& location) {
    auto select = database.prepare(
        "SELECT agent.name, shared FROM agent_location JOIN agent ON agent.id = agent"
        " WHERE tenant = ? AND location = ? AND name <> ? AND revoked_at IS NULL");
    if (!select) return select.error();
    select->bind(key.tenant_id).bind(location.name).bind(key.name);
    const auto others = sqlite::rows(
        *select, [](const Statement& row) { return std::pair(row.text(0), row.number(1) != 0); });
    if (!others) return others.error();
    for (const auto& [name, shared] : *others)
        if (!shared || location.sharing == Sharing::alone)
            return Error{Errc::conflict,
                         "the agent " + name + " stands at the location \"" + location.name +
                             "\" already: choose another --location, or add both with --shared"};
    return {};
}

sqlite::Before state_before(const AgentKey& key) {
    return {.sql =
                "SELECT CASE WHEN revoked_at IS NOT NULL THEN 'revoked'"
                " WHEN generation > 0 THEN 'enrolled' ELSE 'not enrolled yet' END"
                " FROM agent WHERE tenant = ? AND name = ?",
            .first = key.tenant_id,
            .second = key.name};
}

/// "the default location, BRANCH (shared)"
std::string locations_text(const std::vector<GrantedLocation>& locations) {
    std::string text;
    for (const auto& location : locations) {
        if (!text.empty()) text += ", ";
        text += location.name.empty() ? "the default location" : location.name;
        if (location.sharing == Sharing::shared) text += " (shared)";
    }
    return text;
}

Result<void> insert_location(Database& database, std::int64_t row,
                             const GrantedLocation& location) {
    auto insert = database.prepare("INSERT INTO agent_location VALUES (?, ?, ?)");
    if (!insert) return insert.error();
    insert->bind(row).bind(location.name);
    const auto done = insert->bind(std::int64_t{location.sharing == Sharing::shared}).execute();
    if (!done && done.error().code == Errc::conflict)
        return Error{Errc::conflict, "the location \"" + location.name + "\" is named twice"};
    if (!done) return done.error();
    return {};
}

Result<void> insert_join_token(Database& database, std::int64_t row, const JoinTokenEntry& token) {
    auto insert = database.prepare(
        "INSERT INTO join_token (secret_hash, agent, expires_at) VALUES (?, ?, ?)");
    if (!insert) return insert.error();
    insert->bind(token.secret_hash).bind(row).bind(sqlite::seconds_of(token.expires_at));
    if (const auto done = insert->execute(); !done) return done.error();
    return {};
}

/// Runs an update whose parameters are a time and the row of an agent.
Result<void> mark(Database& database, std::string_view sql, TimePoint now, std::int64_t row) {
    auto update = database.prepare(sql);
    if (!update) return update.error();
    if (const auto done = update->bind(sqlite::seconds_of(now)).bind(row).execute(); !done)
        return done.error();
    return {};
}

/// Who asked before is not who enrols next.
Result<void> drop_approvals(Database& database, std::int64_t row) {
    return sqlite::execute(database.prepare("DELETE FROM approval WHERE agent = ?"), row);
}

Agent agent_of(const Statement& row) {
    Agent agent{.key = {.tenant_id = row.text(1), .name = row.text(2)},
                .generation = static_cast<std::uint64_t>(row.number(3)),
                .enrolment = static_cast<std::uint64_t>(row.number(6)),
                .confirmed = static_cast<std::uint64_t>(row.number(7)),
                .epoch = static_cast<std::uint64_t>(row.number(8)),
                .process = row.text(9),
                .authorities = sqlite::words_of(row.text(10)),
                .revoked_at = sqlite::time_of(row.optional_number(4)),
                .created_at = sqlite::time_of(row.number(5))};
    if (const auto raised = sqlite::time_of(row.optional_number(11)))
        agent.alarm = CloneAlarm{*raised, static_cast<std::uint64_t>(row.number(12)), row.text(13),
                                 row.text(14)};
    return agent;
}

}  // namespace

Result<std::int64_t> sqlite::agent_row(Database& database, const AgentKey& key) {
    auto select = database.prepare("SELECT id FROM agent WHERE tenant = ? AND name = ?");
    if (!select) return select.error();
    const auto row = select->bind(key.tenant_id).bind(key.name).step();
    if (!row) return row.error();
    if (!*row)
        return Error{Errc::not_found, "there is no agent " + key.name +
                                          " in this tenant; see sallyport-hub agent list"};
    return select->number(0);
}

Result<void> sqlite::check_locations(Database& database, const AgentKey& key, std::int64_t row) {
    auto select = database.prepare("SELECT location, shared FROM agent_location WHERE agent = ?");
    if (!select) return select.error();
    select->bind(row);
    const auto locations = rows(*select, [](const Statement& statement) {
        return GrantedLocation{statement.text(0), sharing_of(statement.number(1))};
    });
    if (!locations) return locations.error();
    for (const auto& location : *locations)
        if (const auto room = check_room(database, key, location); !room) return room.error();
    return {};
}

Result<std::vector<Agent>> sqlite::all_agents(Database& database) {
    auto select = database.prepare(
        "SELECT id, tenant, name, generation, revoked_at, created_at, enrolment, confirmed, epoch,"
        " process, authorities, alarm_at, alarm_count, alarm_reason, alarm_peer FROM agent"
        " ORDER BY tenant, name");
    if (!select) return select.error();
    std::map<std::int64_t, std::size_t> index_of_row;
    auto agents = rows(*select, [&](const Statement& row) {
        index_of_row.emplace(row.number(0), index_of_row.size());
        return agent_of(row);
    });
    if (!agents) return agents.error();

    auto locations = database.prepare(
        "SELECT agent, location, shared FROM agent_location ORDER BY agent, location");
    if (!locations) return locations.error();
    const auto grants = rows(*locations, [](const Statement& row) {
        return std::pair(row.number(0), GrantedLocation{row.text(1), sharing_of(row.number(2))});
    });
    if (!grants) return grants.error();
    for (const auto& [row, location] : *grants)
        (*agents)[index_of_row.at(row)].locations.push_back(location);
    return agents;
}

Result<void> Store::add_agent(const Agent& agent, const JoinTokenEntry& token) {
    return implementation_->act(
        {.act = "agent.add",
         .tenant_id = agent.key.tenant_id,
         .object = agent.key.name,
         .after = locations_text(agent.locations)},
        [&](Database& database) -> Result<void> {
            auto insert = database.prepare(
                "INSERT INTO agent (tenant, name, created_at) VALUES (?, ?, ?) RETURNING id");
            if (!insert) return insert.error();
            insert->bind(agent.key.tenant_id).bind(agent.key.name);
            const auto inserted = insert->bind(sqlite::seconds_of(agent.created_at)).step();
            if (!inserted && inserted.error().code == Errc::conflict)
                return Error{Errc::conflict,
                             "an agent " + agent.key.name +
                                 " exists in this tenant already; for a new join token"
                                 " run sallyport-hub agent reissue " +
                                 agent.key.name + " --tenant with this tenant"};
            if (!inserted) return inserted.error();
            const auto row = insert->number(0);
            for (const auto& location : agent.locations) {
                if (const auto room = check_room(database, agent.key, location); !room)
                    return room.error();
                if (const auto done = insert_location(database, row, location); !done)
                    return done.error();
            }
            return insert_join_token(database, row, token);
        });
}

Result<std::vector<Agent>> Store::agents() { return implementation_->read(sqlite::all_agents); }

Result<Agent> Store::agent(const AgentKey& key) {
    auto all = agents();
    if (!all) return all.error();
    for (auto& agent : *all)
        if (agent.key == key) return std::move(agent);
    return Error{Errc::not_found,
                 "there is no agent " + key.name + " in this tenant; see sallyport-hub agent list"};
}

Result<void> Store::reissue(const JoinTokenEntry& token, TimePoint now) {
    return implementation_->act(
        {.act = "agent.reissue",
         .tenant_id = token.agent.tenant_id,
         .object = token.agent.name,
         .after = "a new join token"},
        state_before(token.agent), [&](Database& database) -> Result<void> {
            const auto row = sqlite::agent_row(database, token.agent);
            if (!row) return row.error();
            // A revoked agent made room for others; it may return only if there still is some.
            const auto room = sqlite::check_locations(database, token.agent, *row);
            if (!room) return room.error();
            const auto replaced =
                mark(database,
                     "UPDATE join_token SET replaced_at = ?"
                     " WHERE agent = ? AND used_at IS NULL AND replaced_at IS NULL",
                     now, *row);
            if (!replaced) return replaced.error();
            if (const auto dropped = drop_approvals(database, *row); !dropped)
                return dropped.error();
            return insert_join_token(database, *row, token);
        });
}

Result<void> Store::revoke_agent(const AgentKey& key, TimePoint now) {
    return implementation_->act(
        {.act = "agent.revoke", .tenant_id = key.tenant_id, .object = key.name, .after = "revoked"},
        state_before(key), [&](Database& database) -> Result<void> {
            const auto row = sqlite::agent_row(database, key);
            if (!row) return row.error();
            for (const auto* sql :
                 {"UPDATE agent SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
                  "UPDATE join_token SET replaced_at = ?"
                  " WHERE agent = ? AND used_at IS NULL AND replaced_at IS NULL",
                  "UPDATE certificate SET revoked_at = ? WHERE agent = ? AND revoked_at IS NULL"})
                if (const auto done = mark(database, sql, now, *row); !done) return done.error();
            return drop_approvals(database, *row);
        });
}

}  // namespace sallyport::hub
