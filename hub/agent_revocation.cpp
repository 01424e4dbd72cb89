#include "hub/agent_revocation.hpp"

#include "base/file.hpp"
#include "hub/accounts.hpp"
#include "hub/external_authority.hpp"

namespace sallyport::hub {

using certs::RevocationLists;

Result<AgentRevocation> AgentRevocation::read(const std::vector<std::filesystem::path>& files) {
    AgentRevocation all;
    for (const auto& path : files) {
        const auto text = read_file(path, certs::revocation_list_bytes_max);
        if (!text) return Error{text.error().code, "[agents] crl_files: " + to_text(text.error())};
        File file{.path = path, .lists = {}};
        if (auto added = file.lists.add_unverified(*text); !added)
            return Error{added.error().code,
                         "[agents] crl_files: " + path.string() + ": " + added.error().detail};
        all.files_.push_back(std::move(file));
    }
    return all;
}

AgentRevocation AgentRevocation::judging_for(std::span<const certs::Certificate> own,
                                             const Accounts& accounts) const {
    std::map<std::string, std::vector<certs::Certificate>, std::less<>> anchors;
    std::vector<certs::Certificate> everybody(own.begin(), own.end());
    for (const auto& [key, certificate] : accounts.external_authorities) {
        anchors[key.first].push_back(certificate);
        everybody.push_back(certificate);
    }
    const auto take = [](Lists& into, const RevocationLists& from) {
        if (from.empty()) return;
        auto more = into ? *into : RevocationLists();
        more.append(from);
        into = std::make_shared<const RevocationLists>(std::move(more));
    };
    AgentRevocation all;
    for (auto file : files_) {
        take(all.own_, file.lists.signed_by(own));
        for (const auto& [tenant, authorities] : anchors)
            take(all.of_tenants_[tenant], file.lists.signed_by(authorities));
        file.has_unknown = file.lists.signed_by(everybody).size() < file.lists.size();
        all.files_.push_back(std::move(file));
    }
    return all;
}

AgentRevocation::Lists AgentRevocation::of_tenant(std::string_view tenant_id) const {
    const auto found = of_tenants_.find(tenant_id);
    return found == of_tenants_.end() ? nullptr : found->second;
}

RevocationLists::Judgement AgentRevocation::judge(std::string_view tenant_id,
                                                  std::string_view serial,
                                                  std::span<const certs::Certificate> path,
                                                  certs::Time now) const {
    using Verdict = RevocationLists::Verdict;
    const auto lists = is_external_serial(serial) ? of_tenant(tenant_id) : own_;
    RevocationLists::Judgement worst;
    if (!lists) return worst;
    for (const auto& certificate : path) {
        auto judged = lists->judge(certificate, now);
        if (judged.verdict == Verdict::revoked) return judged;
        if (judged.verdict == Verdict::unknown) worst = std::move(judged);
    }
    return worst;
}

std::vector<std::string> AgentRevocation::faults(certs::Time now) const {
    std::vector<std::string> all;
    for (const auto& file : files_) {
        if (file.has_unknown)
            all.push_back(
                "[agents] crl_files: " + file.path.string() +
                " has a list that no authority signed whom this hub or a tenant trusts, so nothing "
                "comes of it: is it of another one? (sallyport-hub ca external)");
        for (const auto& fault : file.lists.faults(now))
            all.push_back("[agents] crl_files: " + file.path.string() + ": " + fault);
    }
    return all;
}

}  // namespace sallyport::hub
