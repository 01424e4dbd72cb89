// The way to each internal system.
#include "agent/back_end_trust.hpp"
#include "agent/doctor.hpp"
#include "agent/internal_authority.hpp"
#include "base/error.hpp"
#include "daemon/dial_out.hpp"
#include "forward/segment_sender.hpp"
#include "net/blocking_pool.hpp"
#include "net/idle_sweep.hpp"
#include "net/tls_context.hpp"
#include "net/tls_probe.hpp"
#include "ssh/host.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

using daemon::Check;
using daemon::DoctorBase;
using daemon::Findings;
using daemon::Judgement;
using mappings::Mapping;

constexpr std::chrono::seconds probe_time{8};

/// The first path that the mapping exposes: nothing is asked for that a caller could not.
std::string exposed_path(const Mapping& mapping) {
    const auto rule = std::ranges::find_if(mapping.rules, &mappings::Rule::enabled);
    return rule == mapping.rules.end() ? "/" : rule->path;
}

bool is_web(const Mapping& mapping) {
    return mapping.internal.protocol == mappings::Protocol::http ||
           mapping.internal.protocol == mappings::Protocol::https;
}

std::string host_field(const Mapping& mapping, const ReachTarget& target) {
    if (mapping.host_header == mappings::HostHeader::virtual_host) return target.virtual_host;
    return internal_authority(target.host, target.port, mapping.is_tls());
}

std::string trust_place(const TrustConfig& trust) {
    if (!trust.ca_file.empty()) return "[trust] ca_file (" + trust.ca_file.string() + ")";
    if (!trust.ca_folder.empty()) return "[trust] ca_folder (" + trust.ca_folder.string() + ")";
    return "a file, and name it as [trust] ca_file";
}

/// Why TLS failed, from what the system shows to anybody. Behind a jump host nobody looks.
net::Task<Judgement> judge_tls(DoctorBase base, const Site& site, const Reachability& about) {
    const auto& target = about.target;
    daemon::TlsFacts facts{.server = {target.host, target.port},
                           .agreed = *about.failure,
                           .trust = trust_place(site.config.trust),
                           .where = "`internal`",
                           .now = std::chrono::system_clock::now()};
    if (target.jump_host) co_return Judgement::failed(about.steps.back().text, about.advice);
    auto trust = BackEndTrust::load(site.config.trust, facts.now);
    if (trust) facts.anchors = std::move(trust->anchors);
    const daemon::ProxyWay direct;
    auto wire = co_await daemon::dial_out(base.pool, base.loop, facts.server, direct,
                                          net::deadline_in(probe_time));
    if (wire) {
        const std::string no_protocol;
        auto shown = co_await net::probe_tls(base.loop, std::move(*wire), target.host, no_protocol,
                                             net::deadline_in(probe_time));
        if (shown) facts.shown = std::move(*shown);
    }
    co_return daemon::judge_server_tls(facts);
}

net::Task<void> look_at(DoctorBase base, SitePtr site, const Mapping& mapping, ReachTarget target,
                        Findings& into) {
    // The first internal host is the mapping's; others have a name of their own.
    const bool is_first = target.internal == mapping.internal.text(target.port);
    const auto id = "mapping." + target.virtual_host + (is_first ? "" : "@" + target.internal);
    const auto title = target.virtual_host + (is_first ? "" : " at " + target.internal);
    net::IdleSweep sweep(base.loop);
    SshHosts ssh_hosts(base.loop, sweep, base.pool);
    const ReachBase reach_base{base.loop, base.pool, ssh_hosts};
    const auto about = co_await reach(reach_base, std::move(target), reach_step_timeout);
    co_await ssh_hosts.stop();
    for (const auto& step : about.steps) {
        const auto name = std::string(to_text(step.step));
        auto judged = Judgement::good(step.text);
        if (!step.good) judged = Judgement::failed(step.text, about.advice);
        if (!step.good && step.step == ReachStep::tls && about.failure)
            judged = co_await judge_tls(base, *site, about);
        if (step.good && step.step == ReachStep::answer)
            judged = judge_web_answer(*about.answer, mapping);
        into.add(id + "." + name, title + ": " + name, std::move(judged));
    }
}

/// All ports of a mapping, one after the other.
net::Task<void> look_at_mapping(DoctorBase base, SitePtr site, std::size_t number, bool requests,
                                Findings& into) {
    const auto& mapping = site->table.mappings()[number];
    for (auto& target : reach_targets(*site, mapping, 0)) {
        if (requests && is_web(mapping))
            target.question =
                ReachQuestion{.target = exposed_path(mapping), .host = host_field(mapping, target)};
        co_await look_at(base, site, mapping, std::move(target), into);
    }
}

/// A target of the audit log, reached as files of mappings are.
net::Task<void> look_at_file_server(DoctorBase base, forward::Settings settings, Findings& into) {
    const auto id = "forward." + settings.name;
    const auto title = "forwarding to " + settings.name;
    auto credentials = ssh::Credentials::load(forward::ssh_files(settings));
    if (!credentials) {
        into.add(
            id + ".files", title,
            Judgement::failed(credentials.error().detail,
                              "Correct the files of [[audit.forward]] " + settings.name + "."));
        co_return;
    }
    ReachTarget target{.virtual_host = settings.name,
                       .protocol = mappings::Protocol::sftp,
                       .host = settings.host,
                       .port = settings.port};
    auto& login = target.login.emplace();
    login.host = settings.host;
    login.port = settings.port;
    login.user = settings.user;
    login.credentials = std::move(*credentials);
    net::IdleSweep sweep(base.loop);
    SshHosts ssh_hosts(base.loop, sweep, base.pool);
    const ReachBase reach_base{base.loop, base.pool, ssh_hosts};
    const auto about = co_await reach(reach_base, std::move(target), reach_step_timeout);
    co_await ssh_hosts.stop();
    for (const auto& step : about.steps)
        into.add(
            id + "." + std::string(to_text(step.step)),
            title + ": " + std::string(to_text(step.step)),
            step.good ? Judgement::good(step.text) : Judgement::failed(step.text, about.advice));
}

}  // namespace

Judgement judge_web_answer(const ReachAnswer& answer, const Mapping& mapping) {
    auto seen = "status " + std::to_string(answer.status);
    const auto asks = [&](std::string_view scheme) {
        return std::ranges::find(answer.schemes, scheme) != answer.schemes.end();
    };
    if (answer.status >= 500)
        return Judgement::warning(seen + ": the web server is there, what is behind it is not well",
                                  "Look into the back end's log.");
    if (answer.status == 401 && (asks("ntlm") || asks("negotiate"))) {
        seen += ", it asks for " + std::string(asks("ntlm") ? "NTLM" : "Negotiate");
        if (mapping.principal.kind == mappings::PrincipalKind::kerberos)
            return Judgement::good(seen + "; users come with tickets of the KDC");
        return Judgement::warning(
            seen + ", whose handshakes of several legs do not pass a tunnel of requests",
            "Give the mapping principal = { kind = \"kerberos\" }, or let the back end take "
            "another log-on.");
    }
    if (answer.status == 400 && mapping.internal.protocol == mappings::Protocol::http)
        return Judgement::warning(seen,
                                  "Is that its HTTPS port? Then write https:// in "
                                  "`internal`; else see which Host it expects "
                                  "(host_header).");
    if (answer.status == 421)
        return Judgement::warning(seen + ": it does not know the host it was asked for",
                                  "Set host_header = \"internal\" in the mapping.");
    if (answer.status / 100 == 3 && !answer.location.empty())
        seen += ", leads to " + answer.location;
    return Judgement::good(seen);
}

std::vector<Check> back_end_checks(const SitePtr& site, bool requests) {
    std::vector<Check> checks;
    const auto& mappings = site->table.mappings();
    for (std::size_t i = 0; i < mappings.size(); ++i) {
        const auto ports =
            std::min<std::uint16_t>(mappings[i].internal.ports.count, reach_ports_max);
        constexpr std::chrono::seconds patience_per_port{60};
        checks.push_back({.id = "mapping." + mappings[i].virtual_text(),
                          .title = mappings[i].virtual_text(),
                          .look =
                              [site, i, requests](DoctorBase base, Findings& into) {
                                  return look_at_mapping(base, site, i, requests, into);
                              },
                          .patience = patience_per_port * ports});
    }
    for (const auto& target : site->config.audit.forwarders)
        if (target.kind == forward::Kind::sftp)
            checks.push_back({.id = "forward." + target.name,
                              .title = "forwarding to " + target.name,
                              .look = [target](DoctorBase base, Findings& into) {
                                  return look_at_file_server(base, target, into);
                              }});
    return checks;
}

}  // namespace sallyport::agent
