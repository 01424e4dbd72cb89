// Services that agents may reach.
#include "base/error.hpp"
#include "hub/store_implementation.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;

Channel channel_of(const Statement& row) {
    return {.tenant_id = row.text(0),
            .name = row.text(1),
            .agent = row.text(2),
            .location = row.number(3) != 0 ? std::optional(row.text(4)) : std::nullopt,
            .target = row.text(5),
            .created_at = sqlite::time_of(row.number(6))};
}

}  // namespace

Result<std::vector<Channel>> sqlite::all_channels(Database& database) {
    auto select = database.prepare(
        "SELECT tenant, name, agent, location IS NOT NULL, coalesce(location, ''), target,"
        " created_at FROM channel ORDER BY tenant, name");
    if (!select) return select.error();
    return rows(*select, channel_of);
}

Result<std::vector<Channel>> Store::channels() {
    return implementation_->read(sqlite::all_channels);
}

Result<void> Store::add_channel(const Channel& channel) {
    return implementation_->act(
        {.act = "channel.add",
         .tenant_id = channel.tenant_id,
         .object = channel.name,
         .after = "leads to " + channel.target +
                  (channel.agent.empty() ? "" : ", for the agent " + channel.agent)},
        [&](Database& database) -> Result<void> {
            if (!channel.agent.empty()) {
                const auto agent = sqlite::agent_row(database, {channel.tenant_id, channel.agent});
                if (!agent) return agent.error();
            }
            const auto present = sqlite::all_channels(database);
            if (!present) return present.error();
            const auto of_tenant =
                std::ranges::count(*present, channel.tenant_id, &Channel::tenant_id);
            if (of_tenant >= static_cast<std::ptrdiff_t>(channels_of_tenant_max))
                return Error{Errc::limit, "the tenant has " +
                                              std::to_string(channels_of_tenant_max) +
                                              " channels already: remove one first"};
            auto insert = database.prepare(
                channel.location ? "INSERT INTO channel VALUES (?1, ?2, ?3, ?6, ?4, ?5)"
                                 : "INSERT INTO channel VALUES (?1, ?2, ?3, NULL, ?4, ?5)");
            if (!insert) return insert.error();
            insert->bind(channel.tenant_id).bind(channel.name).bind(channel.agent);
            insert->bind(channel.target).bind(sqlite::seconds_of(channel.created_at));
            if (channel.location) insert->bind(*channel.location);
            const auto done = insert->execute();
            if (!done && done.error().code == Errc::conflict)
                return Error{Errc::conflict, "the tenant has a channel " + channel.name +
                                                 " already: remove it first to change it"};
            if (!done) return done.error();
            return {};
        });
}

Result<void> Store::remove_channel(std::string_view tenant_id, std::string_view name) {
    return implementation_->act(
        {.act = "channel.remove", .tenant_id = std::string(tenant_id), .object = std::string(name)},
        {.sql = "SELECT 'leads to ' || target || iif(agent = '', '', ', for the agent ' || agent)"
                " FROM channel WHERE tenant = ? AND name = ?",
         .first = tenant_id,
         .second = name},
        [&](Database& database) -> Result<void> {
            auto remove = database.prepare("DELETE FROM channel WHERE tenant = ? AND name = ?");
            if (!remove) return remove.error();
            const auto changed = remove->bind(tenant_id).bind(name).execute();
            if (!changed) return changed.error();
            if (*changed == 0)
                return Error{Errc::not_found, "the tenant has no channel " + std::string(name) +
                                                  "; see sallyport-hub channel list"};
            return {};
        });
}

}  // namespace sallyport::hub
