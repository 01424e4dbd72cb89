#include "agent/doctor.hpp"

#include "agent/site_at_start.hpp"
#include "agent/status_findings.hpp"
#include "base/error.hpp"
#include "daemon/admin_client.hpp"
#include "daemon/certificate_check.hpp"
#include "daemon/counted.hpp"

#include <algorithm>
#include <iterator>
#include <system_error>

namespace sallyport::agent {
namespace {

using daemon::Check;
using daemon::Finding;
using daemon::Judgement;

/// What a configuration that cannot be used says of itself.
Judgement judge_config(const Error& error) {
    const auto detail = error.detail.empty() ? to_text(error) : error.detail;
    if (error.code == std::errc::permission_denied)
        return Judgement::failed(detail,
                                 "Run this as root or as the user of the service: sudo -u "
                                 "sallyport sallyport doctor");
    return Judgement::failed(detail, "Correct it; `sallyport check` says when it is right.");
}

Judgement describe_config(const Config& config) {
    return Judgement::good(config.file.string() + ": " +
                           daemon::counted(config.mappings.size(), "mapping") + ", " +
                           daemon::counted(config.hubs.size(), "hub"));
}

/// A daemon that does not answer.
std::vector<Finding> no_daemon(const Error& error) {
    return {{"daemon", "agent",
             error.code == Errc::denied
                 ? Judgement::warning(error.detail,
                                      "Run this as root, or as a member of the group "
                                      "of the service.")
                 : Judgement::warning("it does not run: " + error.detail,
                                      "systemctl start sallyport; if it does not stay: "
                                      "journalctl -u sallyport")}};
}

std::vector<Finding> daemon_findings(const std::filesystem::path& socket,
                                     const std::string& digest) {
    constexpr std::chrono::seconds patience{20};
    const auto status = daemon::ask_daemon(socket, "GET", "/v1/status", patience);
    if (!status) return no_daemon(status.error());
    return status_findings(*status, digest).all();
}

std::vector<Finding> machine_findings(const std::filesystem::path& socket, std::uint64_t needed) {
    const auto of_daemon = daemon::descriptor_limit_of_daemon(socket);
    return {
        {"descriptors", "file descriptors",
         daemon::judge_descriptors({.limit = of_daemon.value_or(daemon::descriptor_limit_here()),
                                    .needed = needed,
                                    .of_daemon = of_daemon.has_value(),
                                    .unit = "sallyport"})},
        {"clock", "clock", daemon::judge_synchronised(daemon::is_clock_synchronised())},
        {"time_zone", "time zone", daemon::judge_time_zone()},
        {"ipv6", "IPv6", daemon::judge_ipv6(daemon::look_at_ipv6())}};
}

/// With what an administrator overrides at run time, where that can be read.
SitePtr with_overrides(const SitePtr& site, std::vector<Check>& checks) {
    const auto file = site->config.overrides_file();
    const auto said = [&](Judgement judged) {
        checks.push_back(
            daemon::known({{"overrides", "overrides of mappings", std::move(judged)}}));
        return site;
    };
    auto overrides = Overrides::load(file);
    if (!overrides && overrides.error().code == std::errc::permission_denied)
        return said(Judgement::skipped(file.string() +
                                       " may not be read here, so mappings are looked at as the "
                                       "files say"));
    if (!overrides)
        return said(Judgement::failed(
            to_text(overrides.error()),
            "Restore " + file.string() + ", or delete it so that the files hold."));
    auto effective = site->with(std::move(*overrides));
    if (!effective)
        return said(
            Judgement::failed(to_text(effective.error()), "sallyport mappings clear --all"));
    return *effective;
}

void append(std::vector<Check>& checks, std::vector<Check> more) {
    std::ranges::move(more, std::back_inserter(checks));
}

}  // namespace

std::uint64_t descriptors_needed(const Config& config) {
    constexpr std::uint64_t own = 64;  // loops, log, database of names, sockets of administration
    constexpr std::uint64_t links_per_hub = 8;
    std::uint64_t needed = own + links_per_hub * config.hubs.size();
    for (const auto& mapping : config.mappings)
        needed += std::uint64_t{mapping.limits.connections} * config.workers;
    for (const auto& channel : config.channels) needed += channel.connections;
    return needed;
}

std::filesystem::path socket_to_ask(const DoctorOrder& order, const Result<Config>& config) {
    if (!order.socket.empty()) return order.socket;
    const auto socket = socket_in_force(order.config, config);
    return socket ? *socket : Config().admin_socket;
}

std::vector<Check> doctor_checks(const DoctorOrder& order) {
    std::vector<Check> checks;
    const auto site = Site::load(order.config);
    const auto config = site ? Result<Config>((*site)->config) : Config::load(order.config);
    const auto socket = socket_to_ask(order, config);
    checks.push_back(
        daemon::known({{std::string(daemon::configuration_finding), "configuration",
                        site ? describe_config((*site)->config) : judge_config(site.error())}}));
    checks.push_back(daemon::blocking_check(
        "daemon", "agent", [socket, digest = config ? config->digest : std::string()] {
            return daemon_findings(socket, digest);
        }));
    const auto needed = config ? descriptors_needed(*config) : 0;
    checks.push_back(daemon::blocking_check(
        "machine", "this machine", [socket, needed] { return machine_findings(socket, needed); }));
    if (!config) {
        checks.push_back(daemon::known(
            {{"rest", "everything else",
              Judgement::skipped("a configuration that can be read says what to look at")}}));
        return checks;
    }
    append(checks, file_checks(*config));
    if (!config->admin.listen.empty())
        checks.push_back(daemon::blocking_check(
            "certificate.admin", "certificate of admin_listen",
            [file = config->admin.certificate_file] {
                return std::vector<Finding>{daemon::look_at_admin_certificate(
                    file, "sallyport", std::chrono::system_clock::now())};
            }));
    checks.push_back(daemon::blocking_check("enrolment", "enrolment", [config = *config] {
        return enrolment_findings(config, std::chrono::system_clock::now());
    }));
    for (const auto& hub : config->hubs) checks.push_back(hub_check(hub, *config));
    append(checks, server_checks(*config, site ? *site : nullptr));
    if (site)
        append(checks, back_end_checks(with_overrides(*site, checks), order.requests));
    else
        checks.push_back(daemon::known(
            {{"mapping", "back ends",
              Judgement::skipped("the configuration cannot be used as it is: see above")}}));
    return checks;
}

}  // namespace sallyport::agent
