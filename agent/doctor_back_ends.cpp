// The way to each internal system.
#include "agent/back_end_trust.hpp"
#include "agent/doctor.hpp"
#include "agent/internal_authority.hpp"
#include "base/error.hpp"
#include "daemon/dial_out.hpp"
#include "forward/segment_sender.hpp"
#include "mappings/exposure.hpp"
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
        if (!step.good && about.certificate_lacking)
            judged = judge_certificate_lack(about);
        else if (!step.good && step.step == ReachStep::tls && about.failure)
            judged = co_await judge_tls(base, *site, about);
        if (step.good && step.step == ReachStep::answer && about.answer)
            judged = judge_web_answer(*about.answer, mapping);
        into.add(id + "." + name, title + ": " + name, std::move(judged));
    }
}

/// What looking at each mapping needs beside the mapping.
struct Manner {
    bool requests = true;
    std::shared_ptr<const certs::KeyAndChain> system{};  // the certificate; null: cannot be read
};

/// All ports of a mapping, one after the other.
net::Task<void> look_at_mapping(DoctorBase base, SitePtr site, std::size_t number, Manner manner,
                                Findings& into) {
    const auto& mapping = site->table.mappings()[number];
    const bool asks = manner.requests && is_web(mapping);
    const auto path = exposed_path(site->table, mapping, std::chrono::system_clock::now());
    for (auto& target : reach_targets(*site, mapping, 0)) {
        if (asks && path)
            target.question = ReachQuestion{.target = *path, .host = host_field(mapping, target)};
        if (target.shows == ShownCertificate::system) target.certificate = manner.system;
        co_await look_at(base, site, mapping, std::move(target), into);
    }
    if (asks && !path)
        into.add("mapping." + mapping.virtual_text() + ".answer",
                 mapping.virtual_text() + ": answer",
                 Judgement::skipped("no rule lets GET through, so nothing is asked for"));
}

/// The system certificate, if a mapping shows it.
Manner manner_of(const Site& site, bool requests, std::vector<Check>& checks) {
    Manner manner{.requests = requests};
    const bool is_shown = std::ranges::any_of(site.table.mappings(), [](const Mapping& mapping) {
        return shown_certificate(mapping) == ShownCertificate::system;
    });
    if (!is_shown) return manner;
    auto certificate = system_certificate(site.config, std::chrono::system_clock::now());
    if (certificate)
        manner.system = std::move(*certificate);
    else
        checks.push_back(daemon::known({{"system_certificate", "system certificate",
                                         Judgement::skipped("not shown to back ends here: " +
                                                            to_text(certificate.error()))}}));
    return manner;
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
    if (answer.status / 100 == 3 && !answer.location.empty()) {
        // What follows may log somebody on.
        const auto end = answer.location.find_first_of("?#");
        seen += ", leads to " + answer.location.substr(0, end);
        if (end != std::string::npos) seen += "?...";
    }
    return Judgement::good(seen);
}

std::optional<std::string> exposed_path(const mappings::Table& table, const Mapping& mapping,
                                        mappings::Moment now) {
    const auto authority = mapping.virtual_host.text();
    for (const auto& rule : mapping.rules) {
        const mappings::Access access{.authority = authority, .target = rule.path, .method = "GET"};
        if (table.decide(access, now).allowed()) return rule.path;
    }
    return {};
}

Judgement judge_certificate_lack(const Reachability& about) {
    const auto& step = about.steps.back();
    if (about.target.shows == ShownCertificate::system && !about.target.certificate)
        return Judgement::skipped(step.text + "; the system certificate cannot be read here");
    return Judgement::failed(step.text, about.advice);
}

std::optional<Judgement> judge_closed(const Site& site, const Mapping& mapping,
                                      mappings::Moment now) {
    const auto closing = mappings::closing_of(mapping, now);
    if (closing == mappings::Closing::none) return {};
    auto why = closing == mappings::Closing::disabled ? std::string("disabled")
               : closing == mappings::Closing::expired
                   ? "expired at " + mappings::to_text(*mapping.expires)
                   : std::string("in maintenance");
    if (const auto* said = site.overrides.find(mapping.virtual_text()))
        why += ", overridden by " + said->who + " (" + said->text() + ")";
    return Judgement::skipped("not looked at, since nobody is let through: " + why);
}

std::vector<Check> back_end_checks(const SitePtr& site, bool requests) {
    std::vector<Check> checks;
    const auto& mappings = site->table.mappings();
    const auto manner = manner_of(*site, requests, checks);
    const auto now = std::chrono::system_clock::now();
    for (std::size_t i = 0; i < mappings.size(); ++i) {
        const auto name = mappings[i].virtual_text();
        if (auto closed = judge_closed(*site, mappings[i], now)) {
            checks.push_back(daemon::known({{"mapping." + name, name, std::move(*closed)}}));
            continue;
        }
        const auto ports =
            std::min<std::uint16_t>(mappings[i].internal.ports.count, reach_ports_max);
        constexpr std::chrono::seconds patience_per_port{60};
        checks.push_back({.id = "mapping." + name,
                          .title = name,
                          .look =
                              [site, i, manner](DoctorBase base, Findings& into) {
                                  return look_at_mapping(base, site, i, manner, into);
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
