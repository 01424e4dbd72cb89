// Authorities outside the hub that may vouch for agents.
#include "base/error.hpp"
#include "hub/store_implementation.hpp"

namespace sallyport::hub {
namespace {

using sqlite::Database;

}  // namespace

Result<std::vector<ExternalAuthority>> sqlite::all_external_authorities(Database& database) {
    auto select = database.prepare(
        "SELECT tenant, fingerprint, certificate, added_at FROM external_authority"
        " ORDER BY tenant, added_at, fingerprint");
    if (!select) return select.error();
    return rows(*select, [](const sqlite::Statement& row) {
        return ExternalAuthority{.tenant_id = row.text(0),
                                 .fingerprint = row.text(1),
                                 .certificate_pem = row.text(2),
                                 .added_at = time_of(row.number(3))};
    });
}

Result<std::vector<ExternalAuthority>> Store::external_authorities() {
    return implementation_->read(sqlite::all_external_authorities);
}

Result<void> Store::trust_external(const ExternalAuthority& authority) {
    return implementation_->act(
        {.act = "external_authority.trust",
         .tenant_id = authority.tenant_id,
         .object = authority.fingerprint},
        [&](Database& database) -> Result<void> {
            const auto present = sqlite::all_external_authorities(database);
            if (!present) return present.error();
            std::size_t of_tenant = 0;
            for (const auto& one : *present) {
                if (one.tenant_id != authority.tenant_id) continue;
                ++of_tenant;
                if (one.fingerprint == authority.fingerprint)
                    return Error{Errc::conflict, "the tenant trusts this authority already"};
            }
            if (of_tenant >= external_authorities_max)
                return Error{Errc::limit, "the tenant trusts " +
                                              std::to_string(external_authorities_max) +
                                              " external authorities already: run sallyport-hub ca "
                                              "distrust-external for one first"};
            return sqlite::execute(
                database.prepare("INSERT INTO external_authority VALUES (?, ?, ?, ?)"),
                std::string_view(authority.tenant_id), std::string_view(authority.fingerprint),
                std::string_view(authority.certificate_pem),
                sqlite::seconds_of(authority.added_at));
        });
}

Result<void> Store::distrust_external(std::string_view tenant_id, std::string_view fingerprint) {
    return implementation_->act(
        {.act = "external_authority.distrust",
         .tenant_id = std::string(tenant_id),
         .object = std::string(fingerprint)},
        [&](Database& database) -> Result<void> {
            auto remove = database.prepare(
                "DELETE FROM external_authority WHERE tenant = ? AND fingerprint = ?");
            if (!remove) return remove.error();
            const auto changed = remove->bind(tenant_id).bind(fingerprint).execute();
            if (!changed) return changed.error();
            if (*changed == 0)
                return Error{Errc::not_found, "the tenant does not trust such an authority"};
            return {};
        });
}

}  // namespace sallyport::hub
