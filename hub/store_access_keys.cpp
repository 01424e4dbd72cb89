// Keys of clients that can send nothing but a password.
#include "base/error.hpp"
#include "hub/store_implementation.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

using sqlite::Database;
using sqlite::seconds_of;
using sqlite::Statement;

constexpr std::string_view columns =
    "id, secret_hash, client, tenant, location, description, created_at, expires_at, used_at,"
    " revoked_at, hosts";

AccessKey key_of(const Statement& row) {
    return {.id = row.text(0),
            .secret_hash = row.text(1),
            .client_id = row.text(2),
            .tenant_id = row.text(3),
            .location = row.text(4),
            .hosts = sqlite::words_of(row.text(10)),
            .description = row.text(5),
            .created_at = sqlite::time_of(row.number(6)),
            .expires_at = sqlite::time_of(row.number(7)),
            .used_at = sqlite::time_of(row.optional_number(8)),
            .revoked_at = sqlite::time_of(row.optional_number(9))};
}

/// Whether the client is there, and the tenant its own or one it is subscribed to.
Result<void> check_client(Database& database, const AccessKey& key) {
    const auto clients = sqlite::all_clients(database);
    if (!clients) return clients.error();
    const auto client = std::ranges::find(*clients, key.client_id, &Client::id);
    if (client == clients->end())
        return Error{Errc::not_found,
                     "there is no client " + key.client_id + "; see sallyport-hub client list"};
    const auto& subscribed = client->subscribed_tenant_ids;
    if (client->tenant_id != key.tenant_id &&
        std::ranges::find(subscribed, key.tenant_id) == subscribed.end())
        return Error{Errc::denied,
                     "the client " + key.client_id +
                         " may not act in this tenant: run sallyport-hub client subscribe first"};
    return {};
}

Result<void> check_number(Database& database, const AccessKey& key) {
    auto count = database.prepare(
        "SELECT count(*) FROM access_key"
        " WHERE client = ? AND revoked_at IS NULL AND expires_at > ?");
    if (!count) return count.error();
    const auto row = count->bind(key.client_id).bind(seconds_of(key.created_at)).step();
    if (!row) return row.error();
    if (count->number(0) >= static_cast<std::int64_t>(access_keys_max))
        return Error{Errc::limit, "the client has " + std::to_string(access_keys_max) +
                                      " access keys already: revoke those that nobody needs"};
    return {};
}

}  // namespace

Result<std::vector<AccessKey>> sqlite::all_access_keys(Database& database) {
    auto select = database.prepare("SELECT " + std::string(columns) +
                                   " FROM access_key ORDER BY client, created_at, id");
    if (!select) return select.error();
    return rows(*select, key_of);
}

Result<std::vector<AccessKey>> Store::access_keys() {
    return implementation_->read(sqlite::all_access_keys);
}

Result<void> Store::add_access_key(const AccessKey& key) {
    const auto hosts = sqlite::text_of(key.hosts);
    return implementation_->act(
        {.act = "access_key.add",
         .tenant_id = key.tenant_id,
         .object = key.id,
         .after = "of the client " + key.client_id +
                  (key.location.empty() ? "" : ", for the location " + key.location) +
                  (hosts.empty() ? "" : ", for the hosts " + hosts)},
        [&](Database& database) -> Result<void> {
            const auto forgotten = seconds_of(key.created_at - access_key_memory);
            if (auto done = sqlite::execute(
                    database.prepare(
                        "DELETE FROM access_key WHERE expires_at < ? OR revoked_at < ?"),
                    forgotten, forgotten);
                !done)
                return done;
            if (auto good = check_client(database, key); !good) return good;
            if (auto good = check_number(database, key); !good) return good;
            auto insert = database.prepare("INSERT INTO access_key (" + std::string(columns) +
                                           ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)");
            if (!insert) return insert.error();
            insert->bind(key.id).bind(key.secret_hash).bind(key.client_id).bind(key.tenant_id);
            insert->bind(key.location).bind(key.description);
            insert->bind(seconds_of(key.created_at)).bind(seconds_of(key.expires_at)).bind(hosts);
            if (const auto done = insert->execute(); !done) return done.error();
            return {};
        });
}

Result<AccessKey> Store::revoke_access_key(std::string_view id, TimePoint now) {
    const auto known = access_keys();
    if (!known) return known.error();
    const auto of_id = std::ranges::find(*known, id, &AccessKey::id);
    return implementation_->act(
        {.act = "access_key.revoke",
         .tenant_id = of_id == known->end() ? std::string() : of_id->tenant_id,
         .object = std::string(id),
         .after = "revoked"},
        {.sql = "SELECT 'of the client ' || client ||"
                " iif(location = '', '', ', for the location ' || location) ||"
                " iif(hosts = '', '', ', for the hosts ' || hosts)"
                " FROM access_key WHERE id = ?",
         .first = id},
        [&](Database& database) -> Result<AccessKey> {
            const auto keys = sqlite::all_access_keys(database);
            if (!keys) return keys.error();
            const auto found = std::ranges::find(*keys, id, &AccessKey::id);
            if (found == keys->end())
                return Error{Errc::not_found, "there is no access key " + std::string(id) +
                                                  "; see sallyport-hub client key list"};
            if (found->revoked_at)
                return Error{Errc::conflict,
                             "the access key " + std::string(id) + " was revoked already"};
            if (auto done = sqlite::execute(
                    database.prepare("UPDATE access_key SET revoked_at = ? WHERE id = ?"),
                    seconds_of(now), id);
                !done)
                return done.error();
            auto key = *found;
            key.revoked_at = now;
            return key;
        });
}

Result<void> Store::access_key_used(std::string_view id, TimePoint now) {
    return implementation_->write([&](Database& database) {
        return sqlite::execute(database.prepare("UPDATE access_key SET used_at = ? WHERE id = ? AND"
                                                " (used_at IS NULL OR used_at <= ?)"),
                               seconds_of(now), id, seconds_of(now - access_key_use_pause));
    });
}

}  // namespace sallyport::hub
