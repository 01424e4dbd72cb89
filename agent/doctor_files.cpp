// Files, folders and the file systems under them.
#include "agent/doctor.hpp"
#include "agent/principal_keys.hpp"
#include "daemon/counted.hpp"

#include <algorithm>
#include <set>

namespace sallyport::agent {
namespace {

using daemon::FileRule;
using daemon::Finding;
using daemon::Judgement;

/// What is named and what it must be like; unnamed ones are left out.
class FileList {
public:
    void add(const std::filesystem::path& path, FileRule rule, std::string what) {
        if (!path.empty()) files_.push_back({path, rule, std::move(what)});
    }
    void add_if_there(const std::filesystem::path& path, FileRule rule, std::string what) {
        files_.push_back({path, rule, std::move(what), true});
    }
    std::vector<CheckedFile> take() { return std::move(files_); }

private:
    std::vector<CheckedFile> files_;
};

void add_state(const Config& config, FileList& list) {
    list.add(config.state_dir, FileRule::state_folder, "state folder");
    const auto identity = config.identity_folder();
    list.add_if_there(identity, FileRule::state_folder, "folder of the identity");
    for (const auto* key : {"a/key.pem", "b/key.pem", "pending.pem"})
        list.add_if_there(identity / key, FileRule::state_secret, "key of the tunnel");
    list.add_if_there(config.state_dir / "audit.key", FileRule::state_secret,
                      "key of the audit log");
    list.add_if_there(config.audit_folder(), FileRule::secret, "folder of the audit log");
    list.add_if_there(PrincipalKeys::authority_file(config), FileRule::state_secret,
                      "principal CA");
    list.add_if_there(PrincipalKeys::next_authority_file(config), FileRule::state_secret,
                      "next principal CA");
    list.add_if_there(PrincipalKeys::system_file(config), FileRule::state_secret,
                      "system certificate and key");
    for (const auto* kind : {"system", "principal-ca"})
        list.add_if_there(PrincipalKeys::pending_file(config, kind), FileRule::state_secret,
                          "requested key");
}

void add_ways_out(const Config& config, FileList& list) {
    for (const auto& hub : config.hubs)
        list.add(hub.proxy_credentials_file, FileRule::secret,
                 "proxy_credentials_file of [[hub]] " + hub.name);
    if (config.enrolment) {
        list.add(config.enrolment->ca_file, FileRule::readable, "[enrolment] ca_file");
        list.add(config.enrolment->credentials_file, FileRule::secret,
                 "[enrolment] credentials_file");
        list.add(config.enrolment->proxy.credentials, FileRule::secret,
                 "[enrolment] proxy_credentials_file");
    }
    for (const auto& witness : config.audit.witnesses) {
        list.add(witness.ca_file, FileRule::readable,
                 "ca_file of [[audit.witness]] " + witness.name);
        list.add(witness.proxy.credentials, FileRule::secret,
                 "proxy_credentials_file of [[audit.witness]] " + witness.name);
    }
    for (const auto& target : config.audit.forwarders) {
        const auto of = " of [[audit.forward]] " + target.name;
        list.add(target.ca_file, FileRule::readable, "ca_file" + of);
        list.add(target.certificate_file, FileRule::readable, "certificate_file" + of);
        list.add(target.key_file, FileRule::secret, "key_file" + of);
        list.add(target.passphrase_file, FileRule::secret, "passphrase_file" + of);
        list.add(target.known_hosts_file, FileRule::readable, "known_hosts_file" + of);
    }
}

void add_back_ends(const Config& config, FileList& list) {
    list.add(config.trust.ca_file, FileRule::readable, "[trust] ca_file");
    list.add(config.trust.ca_folder, FileRule::readable, "[trust] ca_folder");
    for (const auto& file : config.trust.crl_files)
        list.add(file, FileRule::readable, "[trust] crl_files");
    for (const auto& provider : config.identity_providers) {
        list.add(provider.jwks_file, FileRule::readable, "jwks_file of " + provider.issuer);
        list.add(provider.ca_file, FileRule::readable, "ca_file of " + provider.issuer);
    }
    if (config.kerberos) {
        list.add(config.kerberos->account.keytab, FileRule::secret, "[kerberos] keytab");
        list.add(config.kerberos->krb5_conf, FileRule::readable, "[kerberos] krb5_conf");
    }
    for (const auto& ssh : config.ssh) {
        list.add(ssh.files.key, FileRule::secret, "key_file of [[ssh]] " + ssh.host);
        list.add(ssh.files.passphrase, FileRule::secret, "passphrase_file of [[ssh]] " + ssh.host);
        list.add(ssh.files.known_hosts, FileRule::readable,
                 "known_hosts_file of [[ssh]] " + ssh.host);
    }
    for (const auto& mapping : config.mappings)
        list.add(mapping.principal.credentials_file, FileRule::secret,
                 "credentials_file of " + mapping.virtual_text());
}

std::vector<Finding> look_at_files(const std::filesystem::path& state,
                                   const std::vector<CheckedFile>& files) {
    const auto account = daemon::account_owning(state);
    if (!account) {
        const auto facts = daemon::look_at_file(state);
        return {{"files.state", "state folder",
                 daemon::judge_file(facts, FileRule::state_folder, {.name = "sallyport"})}};
    }
    std::vector<Finding> found;
    std::size_t good = 0;
    std::set<std::filesystem::path> seen;
    for (const auto& file : files) {
        if (!seen.insert(file.path).second) continue;
        const auto facts = daemon::look_at_file(file.path);
        if (file.may_be_missing && facts.error == ENOENT) continue;
        auto judged = daemon::judge_file(facts, file.rule, *account);
        if (judged.verdict == daemon::Verdict::good)
            ++good;
        else
            found.push_back({"files." + file.path.string(), file.what, std::move(judged)});
    }
    found.insert(found.begin(),
                 {"files", "files and permissions",
                  Judgement::good(daemon::counted(good, "file") + " and folders are as " +
                                  account->name + ", who runs the agent, needs them")});
    return found;
}

std::vector<Finding> look_at_disks(const std::filesystem::path& state,
                                   const std::filesystem::path& audit) {
    std::vector<Finding> found;
    found.push_back({"disk.state", "disk of the state folder",
                     daemon::judge_disk(daemon::look_at_disk(state))});
    std::error_code ignored;
    if (std::filesystem::exists(audit, ignored))
        found.push_back({"disk.audit", "disk of the audit log",
                         daemon::judge_disk(daemon::look_at_disk(audit))});
    return found;
}

}  // namespace

std::vector<CheckedFile> checked_files(const Config& config) {
    FileList list;
    list.add(config.file, FileRule::settings, "configuration");
    list.add(config.admin.certificate_file, FileRule::readable, "[agent] admin_certificate_file");
    list.add(config.admin.key_file, FileRule::secret, "[agent] admin_key_file");
    list.add(config.admin.client_ca_file, FileRule::readable, "[agent] admin_client_ca_file");
    list.add(config.admin.token_file, FileRule::secret, "[agent] admin_token_file");
    add_state(config, list);
    add_ways_out(config, list);
    add_back_ends(config, list);
    return list.take();
}

std::vector<daemon::Check> file_checks(const Config& config) {
    std::vector<daemon::Check> checks;
    checks.push_back(
        daemon::blocking_check("files", "files and permissions",
                               [state = config.state_dir, files = checked_files(config)] {
                                   return look_at_files(state, files);
                               }));
    checks.push_back(daemon::blocking_check(
        "disk", "disk", [state = config.state_dir, audit = config.audit_folder()] {
            return look_at_disks(state, audit);
        }));
    return checks;
}

}  // namespace sallyport::agent
