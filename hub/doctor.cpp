#include "hub/doctor.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/audit_checks.hpp"
#include "daemon/audit_findings.hpp"
#include "daemon/certificate_check.hpp"
#include "daemon/counted.hpp"
#include "daemon/json_text.hpp"
#include "daemon/machine.hpp"
#include "daemon/restart_needed.hpp"
#include "daemon/server_check.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/config_at_start.hpp"
#include "net/tls_context.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>
#include <set>

namespace sallyport::hub {
namespace {

namespace json = boost::json;
using daemon::Check;
using daemon::DoctorBase;
using daemon::FileRule;
using daemon::Finding;
using daemon::Findings;
using daemon::Judgement;
using daemon::text_at;

struct CheckedFile {
    std::filesystem::path path;
    FileRule rule;
    std::string what;
};

std::vector<CheckedFile> checked_files(const Config& config) {
    const auto& state = config.state_folder;
    std::vector<CheckedFile> files{{config.file, FileRule::settings, "configuration"},
                                   {state, FileRule::state_folder, "state folder"},
                                   {state / "ca.key", FileRule::state_secret, "authority's key"},
                                   {state / "hub.key", FileRule::state_secret, "hub's key"},
                                   {state / "token.pem", FileRule::state_secret, "key of tokens"},
                                   {state / "hub.db", FileRule::secret, "database"}};
    for (const auto& certificate : config.certificates) {
        files.push_back({certificate.key_file, FileRule::secret, "key_file of [[certificate]]"});
        files.push_back({certificate.chain_file, FileRule::readable, "chain of [[certificate]]"});
    }
    for (const auto& [path, rule] : {std::pair(config.admin.certificate_file, FileRule::readable),
                                     std::pair(config.admin.key_file, FileRule::secret),
                                     std::pair(config.admin.client_ca_file, FileRule::readable),
                                     std::pair(config.admin.token_file, FileRule::secret)})
        if (!path.empty()) files.push_back({path, rule, "[hub] admin_listen"});
    for (const auto& list : config.crl_files)
        files.push_back({list, FileRule::readable, "[agents] crl_files"});
    for (const auto& target : config.audit.forwarders)
        for (const auto& [path, rule] : {std::pair(target.ca_file, FileRule::readable),
                                         std::pair(target.certificate_file, FileRule::readable),
                                         std::pair(target.key_file, FileRule::secret),
                                         std::pair(target.passphrase_file, FileRule::secret),
                                         std::pair(target.known_hosts_file, FileRule::readable)})
            if (!path.empty()) files.push_back({path, rule, "[[audit.forward]] " + target.name});
    for (const auto& witness : config.audit.witnesses) {
        files.push_back({witness.ca_file, FileRule::readable, "[[audit.witness]] " + witness.name});
        if (!witness.proxy.credentials.empty())
            files.push_back(
                {witness.proxy.credentials, FileRule::secret, "[[audit.witness]] " + witness.name});
    }
    return files;
}

std::vector<Finding> look_at_files(const Config& config) {
    const auto account = daemon::account_owning(config.state_folder);
    if (!account)
        return {{"files.state", "state folder",
                 Judgement::failed(config.state_folder.string() + " is not there",
                                   "Make the hub's state as its user: sallyport-hub init")}};
    std::vector<Finding> found;
    std::size_t good = 0;
    std::set<std::filesystem::path> seen;
    for (const auto& file : checked_files(config)) {
        if (!seen.insert(file.path).second) continue;
        auto judged = daemon::judge_file(daemon::look_at_file(file.path), file.rule, *account);
        if (judged.verdict == daemon::Verdict::good)
            ++good;
        else
            found.push_back({"files." + file.path.string(), file.what, std::move(judged)});
    }
    found.insert(found.begin(),
                 {"files", "files and permissions",
                  Judgement::good(daemon::counted(good, "file") + " and folders are as " +
                                  account->name + ", who runs the hub, needs them")});
    found.push_back({"disk.state", "disk of the state folder",
                     daemon::judge_disk(daemon::look_at_disk(config.state_folder))});
    std::error_code ignored;
    if (std::filesystem::exists(config.audit_folder(), ignored))
        found.push_back({"disk.audit", "disk of the audit log",
                         daemon::judge_disk(daemon::look_at_disk(config.audit_folder()))});
    return found;
}

Result<std::vector<certs::Certificate>> read_certificates(const std::filesystem::path& file) {
    const auto text = read_file(file);
    if (!text) return text.error();
    return certs::read_chain_pem(*text);
}

std::vector<Finding> look_at_certificates(const Config& config) {
    const auto now = std::chrono::system_clock::now();
    const auto by_hand = daemon::renew_by_hand("sallyport-hub");
    std::vector<Finding> found{
        daemon::look_at_shown({.id = "certificate.authority",
                               .title = "authority of agents",
                               .file = config.state_folder / "ca.pem",
                               .remedy = by_hand},
                              now),
        daemon::look_at_shown(
            {.id = "certificate.hub",
             .title = "certificate towards agents",
             .file = config.state_folder / "hub.pem",
             .remedy = "Restart the hub: it makes itself another one at its start."},
            now)};
    for (const auto& shown : config.certificates)
        found.push_back(daemon::look_at_shown({.id = "certificate." + shown.names.front(),
                                               .title = "certificate of " + shown.names.front(),
                                               .file = shown.chain_file,
                                               .names = shown.names,
                                               .remedy = by_hand},
                                              now));
    if (!config.admin.listen.empty())
        found.push_back(
            daemon::look_at_admin_certificate(config.admin.certificate_file, "sallyport-hub", now));
    return found;
}

std::vector<Finding> daemon_findings(const std::filesystem::path& socket) {
    constexpr std::chrono::seconds patience{20};
    const auto status = daemon::ask_daemon(socket, "GET", "/v1/status", patience);
    if (status) return status_findings(*status).all();
    const auto& detail = status.error().detail;
    return {{"daemon", "hub",
             status.error().code == Errc::denied
                 ? Judgement::warning(detail,
                                      "Run this as root, or as a member of the group of "
                                      "the service.")
                 : Judgement::warning("it does not run: " + detail,
                                      "systemctl start sallyport-hub; if it does not stay: "
                                      "journalctl -u sallyport-hub")}};
}

std::vector<Finding> machine_findings(const std::filesystem::path& socket, std::uint64_t needed) {
    const auto of_daemon = daemon::descriptor_limit_of_daemon(socket);
    return {
        {"descriptors", "file descriptors",
         daemon::judge_descriptors({.limit = of_daemon.value_or(daemon::descriptor_limit_here()),
                                    .needed = needed,
                                    .of_daemon = of_daemon.has_value(),
                                    .unit = "sallyport-hub"})},
        {"clock", "clock", daemon::judge_synchronised(daemon::is_clock_synchronised())},
        {"time_zone", "time zone", daemon::judge_time_zone()}};
}

/// As agents come, but from here: where a router does not lead back, that is no fault of theirs.
net::Task<void> go_to_own_url(DoctorBase base, daemon::DialledServer server, Findings& into) {
    Findings found;
    auto tls = co_await daemon::walk_to(base, std::move(server), found);
    if (tls) tls->close();
    for (auto finding : found.all()) {
        if (finding.judged.verdict == daemon::Verdict::failed) {
            finding.judged.verdict = daemon::Verdict::warning;
            finding.judged.seen += " (from here; agents may see another way)";
        }
        into.add(std::move(finding));
    }
}

Check own_url_check(const Config& config) {
    daemon::DialledServer server{.id = "url",
                                 .title = "url of this hub",
                                 .where = "[hub] url",
                                 .alpn = std::string(net::alpn::enrolment),
                                 .trust_place = "ca.pem",
                                 .kind = daemon::DialledServer::Kind::hub};
    if (const auto address = daemon::ServerAddress::from_https_url(config.url))
        server.address = *address;
    if (auto anchors = read_certificates(config.state_folder / "ca.pem")) {
        server.anchors = std::move(*anchors);
        net::HubClientOptions options;
        options.alpn = net::alpn::enrolment;
        options.anchors = server.anchors;
        if (auto context = net::TlsContext::hub_client(options)) server.trust = std::move(*context);
    }
    return {
        .id = server.id, .title = server.title, .look = [server](DoctorBase base, Findings& into) {
            return go_to_own_url(base, server, into);
        }};
}

/// Of what is in use: the files may be newer.
void judge_certificates(const json::object& status, Findings& into) {
    for (const auto& each : daemon::array_at(status, "certificates")) {
        if (!each.is_object()) continue;
        const auto& one = each.get_object();
        const auto level = text_at(one, "warning");
        if (level.empty()) continue;
        const auto name = text_at(one, "name");
        const auto which = text_at(one, "kind") + (name.empty() ? "" : "." + name);
        into.add("certificate." + which + ".in_use", "certificate in use",
                 Judgement::warning(level + ": " + which + " " + text_at(one, "subject") + " " +
                                        text_at(one, "time_left"),
                                    "If its file is newer: sallyport-hub reload; else see what is "
                                    "said of that file."));
    }
}

Judgement judge_config(const Result<Config>& config) {
    constexpr auto remedy = "Correct it; `sallyport-hub check` says when it is right.";
    if (!config) return Judgement::failed(config.error().detail, remedy);
    const auto lists = AgentRevocation::read(config->crl_files);
    if (!lists) return Judgement::failed(to_text(lists.error()), remedy);
    return Judgement::good(config->file.string() + ": hub " + config->name);
}

}  // namespace

std::uint64_t descriptors_needed(const Config& config) {
    constexpr std::uint64_t own = 64;
    constexpr std::uint64_t usual_clients = 4'000;  // per worker: fewer than the limit, by far
    return own + usual_clients * config.workers;
}

Findings status_findings(const json::object& status) {
    Findings into;
    into.add("daemon", "hub",
             Judgement::good(text_at(status, "name") + ", version " + text_at(status, "version") +
                             ", up " + text_at(status, "seconds") + " s"));
    if (status.contains("last_good"))
        into.add("configuration.in_force", "configuration in force",
                 Judgement::failed("hub.toml is broken: what is left of the last good one is in "
                                   "force",
                                   "Mend what sallyport-hub check says, then: sallyport-hub "
                                   "reload"));
    else
        daemon::judge_restart_needed(status, "sallyport-hub", into);
    for (const auto& warning : daemon::array_at(status, "warnings"))
        into.add("configuration.warning", "configuration",
                 Judgement::warning(daemon::text_of(warning),
                                    "Change it, or leave it if it is meant so."));
    const auto& agents = daemon::array_at(status, "agents");
    into.add("agents", "agents",
             agents.empty()
                 ? Judgement::warning("none is attached",
                                      "Look at one: sallyport doctor, on its machine; and who "
                                      "there should be: sallyport-hub agent list")
                 : Judgement::good(daemon::counted(agents.size(), "agent") + " attached"));
    judge_certificates(status, into);
    const auto& alarms = daemon::array_at(daemon::object_at(status, "witness"), "alarms");
    if (!alarms.empty())
        into.add("witness.alarms", "logs of agents",
                 Judgement::failed(
                     daemon::counted(alarms.size(), "alarm") + ": a log was changed or taken back",
                     "sallyport-hub witness list; find out why before `witness "
                     "accept`"));
    daemon::judge_audit_status(status, "sallyport-hub", into);
    return into;
}

std::vector<Check> doctor_checks(const std::filesystem::path& file,
                                 const std::filesystem::path& given_socket) {
    std::vector<Check> checks;
    const auto config = Config::load(file);
    const auto running = config_at_start(file, OnBroken::use_last_good);
    const auto socket = !given_socket.empty() ? given_socket
                        : running             ? running->config.admin_socket
                                              : Config().admin_socket;
    checks.push_back(daemon::known(
        {{std::string(daemon::configuration_finding), "configuration", judge_config(config)}}));
    checks.push_back(
        daemon::blocking_check("daemon", "hub", [socket] { return daemon_findings(socket); }));
    const auto needed = config ? descriptors_needed(*config) : 0;
    checks.push_back(daemon::blocking_check(
        "machine", "this machine", [socket, needed] { return machine_findings(socket, needed); }));
    if (!config) {
        checks.push_back(daemon::known(
            {{"rest", "everything else",
              Judgement::skipped("a configuration that can be read says what to look at")}}));
        return checks;
    }
    checks.push_back(daemon::blocking_check("files", "files and disks",
                                            [config = *config] { return look_at_files(config); }));
    checks.push_back(daemon::blocking_check("certificates", "certificates", [config = *config] {
        return look_at_certificates(config);
    }));
    checks.push_back(own_url_check(*config));
    daemon::add_audit_checks(config->audit, checks);
    return checks;
}

}  // namespace sallyport::hub
