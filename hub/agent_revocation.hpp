// Which certificates of agents their authorities took back: the lists of [agents] crl_files
// (docs/CONFIGURATION.md#agents).
#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/revocation.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

struct Accounts;

/// A list speaks about certificates of the authority that signed it only, and one of a tenant's
/// authority only within this tenant, whatever names others have. Immutable.
class AgentRevocation {
public:
    using Lists = std::shared_ptr<const certs::RevocationLists>;

    AgentRevocation() = default;
    /// The lists, which judge nobody yet. Errors name the file.
    static Result<AgentRevocation> read(const std::vector<std::filesystem::path>& files);
    /// The same lists, judging for the hub's own authorities and for those that tenants trust.
    AgentRevocation judging_for(std::span<const certs::Certificate> own,
                                const Accounts& accounts) const;

    /// Of the hub's own authorities; may be null.
    const Lists& own() const { return own_; }
    /// Of the authorities that the tenant trusts; may be null.
    Lists of_tenant(std::string_view tenant_id) const;

    /// The worst that is said of a certificate and of those between it and its authority. `serial`:
    /// as the hub writes it, so that it says whose authority it is.
    certs::RevocationLists::Judgement judge(std::string_view tenant_id, std::string_view serial,
                                            std::span<const certs::Certificate> path,
                                            certs::Time now) const;

    /// What an administrator has to look after, in words.
    std::vector<std::string> faults(certs::Time now) const;

private:
    struct File {
        std::filesystem::path path;
        certs::RevocationLists lists;
        bool has_unknown = false;  // nobody whom the hub knows signed one of them
    };
    std::vector<File> files_;
    Lists own_;
    std::map<std::string, Lists, std::less<>> of_tenants_;
};

}  // namespace sallyport::hub
