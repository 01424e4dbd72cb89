#include "base/error.hpp"
#include "hub/store_implementation.hpp"

#include <map>

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::Statement;

Tenant tenant_of(const Statement& row) {
    return {.id = row.text(0),
            .name = row.text(1),
            .subdomain = row.text(2),
            .enabled = row.number(3) != 0};
}

std::string state_text(bool enabled) { return enabled ? "enabled" : "disabled"; }

/// For changes that must meet one row.
Result<void> change_one(Statement& statement, const std::string& missing) {
    const auto changed = statement.execute();
    if (!changed) return changed.error();
    if (*changed == 0) return Error{Errc::not_found, missing};
    return {};
}

Result<void> insert_subscription(Database& database, std::string_view client_id,
                                 std::string_view tenant_id) {
    auto insert = database.prepare("INSERT OR IGNORE INTO subscription VALUES (?, ?)");
    if (!insert) return insert.error();
    if (const auto done = insert->bind(client_id).bind(tenant_id).execute(); !done)
        return done.error();
    return {};
}

}  // namespace

Result<std::vector<Tenant>> sqlite::all_tenants(Database& database) {
    auto select = database.prepare("SELECT id, name, subdomain, enabled FROM tenant ORDER BY name");
    if (!select) return select.error();
    return rows(*select, tenant_of);
}

Result<std::vector<Client>> sqlite::all_clients(Database& database) {
    auto subscriptions =
        database.prepare("SELECT client, tenant FROM subscription ORDER BY client, tenant");
    if (!subscriptions) return subscriptions.error();
    const auto pairs = rows(
        *subscriptions, [](const Statement& row) { return std::pair(row.text(0), row.text(1)); });
    if (!pairs) return pairs.error();
    std::map<std::string, std::vector<std::string>> subscribed;
    for (const auto& [client, tenant] : *pairs) subscribed[client].push_back(tenant);

    auto select =
        database.prepare("SELECT id, tenant, secret_hash, enabled FROM client ORDER BY id");
    if (!select) return select.error();
    return rows(*select, [&](const Statement& row) {
        return Client{.id = row.text(0),
                      .tenant_id = row.text(1),
                      .secret_hash = row.text(2),
                      .enabled = row.number(3) != 0,
                      .subscribed_tenant_ids = subscribed[row.text(0)]};
    });
}

Result<void> Store::add_tenant(const Tenant& tenant, TimePoint now) {
    return implementation_->act(
        {.act = "tenant.add",
         .tenant_id = tenant.id,
         .object = tenant.name,
         .after = "subdomain " + tenant.subdomain},
        [&](Database& database) -> Result<void> {
            auto insert = database.prepare("INSERT INTO tenant VALUES (?, ?, ?, ?, ?)");
            if (!insert) return insert.error();
            insert->bind(tenant.id).bind(tenant.name).bind(tenant.subdomain);
            insert->bind(std::int64_t{tenant.enabled}).bind(sqlite::seconds_of(now));
            const auto done = insert->execute();
            if (!done && done.error().code == Errc::conflict)
                return Error{Errc::conflict, "a tenant with the name " + tenant.name +
                                                 " or the subdomain " + tenant.subdomain +
                                                 " exists already"};
            if (!done) return done.error();
            return {};
        });
}

Result<std::vector<Tenant>> Store::tenants() { return implementation_->read(sqlite::all_tenants); }

Result<Tenant> Store::tenant_by_name(std::string_view name) {
    return implementation_->read([&](Database& database) -> Result<Tenant> {
        auto select =
            database.prepare("SELECT id, name, subdomain, enabled FROM tenant WHERE name = ?");
        if (!select) return select.error();
        const auto row = select->bind(name).step();
        if (!row) return row.error();
        if (!*row)
            return Error{Errc::not_found, "there is no tenant " + std::string(name) +
                                              "; see sallyport-hub tenant list"};
        return tenant_of(*select);
    });
}

Result<void> Store::enable_tenant(std::string_view id, bool enabled) {
    return implementation_->act(
        {.act = enabled ? "tenant.enable" : "tenant.disable",
         .tenant_id = std::string(id),
         .after = state_text(enabled)},
        {.sql = "SELECT iif(enabled, 'enabled', 'disabled') FROM tenant WHERE id = ?", .first = id},
        [&](Database& database) -> Result<void> {
            auto update = database.prepare("UPDATE tenant SET enabled = ? WHERE id = ?");
            if (!update) return update.error();
            update->bind(std::int64_t{enabled}).bind(id);
            return change_one(*update, "there is no tenant " + std::string(id));
        });
}

Result<void> Store::add_client(const Client& client, TimePoint now) {
    return implementation_->act(
        {.act = "client.add", .tenant_id = client.tenant_id, .object = client.id},
        [&](Database& database) -> Result<void> {
            auto insert = database.prepare("INSERT INTO client VALUES (?, ?, ?, ?, ?)");
            if (!insert) return insert.error();
            insert->bind(client.id).bind(client.tenant_id).bind(client.secret_hash);
            insert->bind(std::int64_t{client.enabled}).bind(sqlite::seconds_of(now));
            const auto done = insert->execute();
            if (!done && done.error().code == Errc::conflict)
                return Error{Errc::conflict,
                             "a client " + client.id +
                                 " exists already; choose another name (its secret is "
                                 "shown only once: for a lost one add another client "
                                 "and run sallyport-hub client disable " +
                                 client.id + ")"};
            if (!done) return done.error();
            for (const auto& tenant : client.subscribed_tenant_ids)
                if (const auto added = insert_subscription(database, client.id, tenant); !added)
                    return added.error();
            return {};
        });
}

Result<std::vector<Client>> Store::clients() { return implementation_->read(sqlite::all_clients); }

Result<void> Store::enable_client(std::string_view id, bool enabled) {
    return implementation_->act(
        {.act = enabled ? "client.enable" : "client.disable",
         .object = std::string(id),
         .after = state_text(enabled)},
        {.sql = "SELECT iif(enabled, 'enabled', 'disabled') FROM client WHERE id = ?", .first = id},
        [&](Database& database) -> Result<void> {
            auto update = database.prepare("UPDATE client SET enabled = ? WHERE id = ?");
            if (!update) return update.error();
            update->bind(std::int64_t{enabled}).bind(id);
            return change_one(*update, "there is no client " + std::string(id) +
                                           "; see sallyport-hub client list");
        });
}

Result<void> Store::subscribe(std::string_view client_id, std::string_view tenant_id) {
    return implementation_->act(
        {.act = "client.subscribe",
         .tenant_id = std::string(tenant_id),
         .object = std::string(client_id)},
        [&](Database& database) { return insert_subscription(database, client_id, tenant_id); });
}

Result<void> Store::unsubscribe(std::string_view client_id, std::string_view tenant_id) {
    return implementation_->act(
        {.act = "client.unsubscribe",
         .tenant_id = std::string(tenant_id),
         .object = std::string(client_id)},
        [&](Database& database) -> Result<void> {
            auto remove =
                database.prepare("DELETE FROM subscription WHERE client = ? AND tenant = ?");
            if (!remove) return remove.error();
            remove->bind(client_id).bind(tenant_id);
            return change_one(*remove, "the client " + std::string(client_id) +
                                           " is not subscribed to this tenant");
        });
}

}  // namespace sallyport::hub
