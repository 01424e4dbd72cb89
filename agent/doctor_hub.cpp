// Whether the agent is enrolled, and the way to its hubs.
#include "agent/doctor.hpp"
#include "agent/est_client.hpp"
#include "audit/clock.hpp"
#include "base/error.hpp"
#include "certs/identity.hpp"
#include "certs/renewal.hpp"
#include "http/date.hpp"
#include "net/tls_context.hpp"

#include <memory>

namespace sallyport::agent {
namespace {

using daemon::DialledServer;
using daemon::DoctorBase;
using daemon::Finding;
using daemon::Findings;
using daemon::Judgement;

constexpr auto enroll_remedy =
    "Get a join token from the hub's administrator (sallyport-hub agent add), then run: sallyport "
    "enroll --token-file -";

std::string date_text(certs::Time time) {
    return audit::to_rfc3339(std::chrono::floor<std::chrono::microseconds>(time));
}

/// Nothing if there is none; the folder is not made by looking.
std::optional<Result<certs::Identity>> read_identity(const Config& config) {
    std::error_code failure;
    const auto active = config.identity_folder() / "active";
    const auto state = std::filesystem::symlink_status(active, failure);
    if (failure && failure != std::errc::no_such_file_or_directory)
        return Result<certs::Identity>(Error{failure, active.string()});
    if (!std::filesystem::exists(state)) return std::nullopt;
    auto store = certs::IdentityStore::open(config.identity_folder());
    if (!store) return Result<certs::Identity>(store.error());
    return store->load_active();
}

Result<std::shared_ptr<const net::TlsContext>> context_with(const certs::Identity& identity,
                                                            bool at_any_time) {
    net::HubClientOptions options;
    options.alpn = net::alpn::enrolment;
    options.own = {identity.chain, &identity.key};
    options.anchors = identity.anchors;
    options.at_any_time = at_any_time;
    return net::TlsContext::hub_client(options);
}

/// What the hub says over the connection: its time, and whether it takes our certificate.
net::Task<void> ask_hub(DoctorBase base, DialledServer server, std::unique_ptr<net::TlsDuplex> tls,
                        Findings& into) {
    http::FetchRequest request;
    request.target = "/.well-known/est/cacerts";
    request.host = server.address.authority();
    constexpr std::chrono::seconds patience{10};
    const auto answer =
        co_await http::fetch(base.loop, *tls, std::move(request), net::deadline_in(patience));
    const auto title = server.title + ": its answer";
    if (!answer && answer.error().code == Errc::untrusted) {
        into.add(server.id + ".answer", title,
                 Judgement::failed(answer.error().detail,
                                   "Ask the hub's administrator what became of this agent: "
                                   "sallyport-hub agent show; after `agent reissue` enrol again."));
        co_return;
    }
    if (!answer) {
        into.add(server.id + ".answer", title,
                 Judgement::failed(to_text(answer.error()),
                                   "Look into the hub's journal; what shook hands with TLS does "
                                   "not answer as a hub."));
        co_return;
    }
    into.add(server.id + ".answer", title,
             answer->status == 200
                 ? Judgement::good("it takes this agent's certificate and answers")
                 : Judgement::failed("it answered " + std::to_string(answer->status),
                                     "Look into the hub's journal."));
    const auto date = http::read_date(answer->field("date"));
    if (date)
        into.add(
            server.id + ".clock", server.title + ": clock",
            daemon::judge_skew(
                std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - *date,
                "the hub's"));
}

/// Certificates that are not valid by our clock: what time is it there?
net::Task<void> ask_clock(DoctorBase base, DialledServer server,
                          std::shared_ptr<const certs::Identity> identity, Findings& into) {
    auto context = context_with(*identity, true);
    if (!context) co_return;
    EstServerPlace place{
        .address = server.address, .proxy = server.proxy, .context = std::move(*context)};
    const auto skew = co_await est_ask_clock(base.loop, base.pool, std::move(place),
                                             std::chrono::system_clock::now());
    if (skew)
        into.add(server.id + ".clock", server.title + ": clock",
                 daemon::judge_skew(*skew, "the hub's"));
}

net::Task<void> go_to_hub(DoctorBase base, DialledServer server, Config config, Findings& into) {
    const auto read = read_identity(config);
    std::shared_ptr<const certs::Identity> identity;
    if (read && *read) identity = std::make_shared<const certs::Identity>(std::move(**read));
    if (identity) {
        auto context = context_with(*identity, false);
        if (context) server.trust = std::move(*context);
        server.anchors = identity->anchors;
    }
    auto tls = co_await daemon::walk_to(base, server, into);
    if (tls) {
        co_await ask_hub(base, server, std::move(tls), into);
        co_return;
    }
    const bool reached_tls = !into.all().empty() && into.all().back().id == server.id + ".tls";
    if (identity && reached_tls) co_await ask_clock(base, server, identity, into);
}

}  // namespace

Judgement judge_identity(const certs::Identity& identity, const Config& config, certs::Time now) {
    const auto& own = identity.chain.front();
    const auto name = identity.name();
    const auto seen =
        (name ? name->text() : own.subject()) + ", until " + date_text(own.not_after());
    if (identity.anchors.empty())
        return Judgement::failed(seen + ": no authority of the hub is pinned", enroll_remedy);
    if (now >= own.not_after())
        return Judgement::failed(
            seen + ": it has expired",
            "Start the agent: within the hub's expired_grace it renews "
            "itself; after it: sallyport-hub agent reissue, then enrol again.");
    if (now < own.not_before())
        return Judgement::failed(seen + ": it is not valid before " + date_text(own.not_before()),
                                 "Set this machine's clock right: timedatectl set-ntp true.");
    for (const auto& anchor : identity.anchors)
        if (now >= anchor.not_after())
            return Judgement::failed(
                seen + ": the hub's authority " + anchor.subject() + " has expired",
                "Have the hub's administrator give it a successor "
                "(sallyport-hub ca), then enrol again.");
    const auto life = certs::Life::of(own, identity.prepared_at);
    if (life.spent(now) >= certs::late_share)
        return Judgement::warning(seen + ": it should have been renewed by now",
                                  "See why: sallyport status; then: sallyport certs rotate tunnel");
    const auto hub = name ? name->hub() : std::string();
    std::string anchors;
    for (const auto& anchor : identity.anchors)
        anchors += (anchors.empty() ? "" : ", ") + anchor.subject();
    return Judgement::good(seen + "; pinned: " + anchors +
                           (hub.empty() || config.hubs.size() > 1 ? "" : " of " + hub));
}

std::vector<Finding> enrolment_findings(const Config& config, certs::Time now) {
    const auto title = "enrolment";
    const auto identity = read_identity(config);
    if (!identity)
        return {{"enrolment", title,
                 Judgement::failed("this agent is not enrolled yet", enroll_remedy)}};
    if (!*identity)
        return {{"enrolment", title,
                 Judgement::failed("the identity cannot be read: " + to_text(identity->error()),
                                   identity->error().code == std::errc::permission_denied
                                       ? "Run this as root or as the user of the service: sudo -u "
                                         "sallyport sallyport doctor"
                                       : "Restore the file that is named, or enrol again after "
                                         "sallyport-hub agent reissue.")}};
    return {{"enrolment", title, judge_identity(**identity, config, now)}};
}

daemon::Check hub_check(const HubConfig& hub, const Config& config) {
    DialledServer server{.id = "hub." + hub.name,
                         .title = "hub " + hub.name,
                         .where = "url of [[hub]] " + hub.name,
                         .proxy = {hub.proxy, hub.proxy_credentials_file},
                         .alpn = std::string(net::alpn::enrolment),
                         .trust_place = "this agent's enrolment",
                         .kind = DialledServer::Kind::hub};
    if (const auto address = HubAddress::from_https_url(hub.url)) server.address = *address;
    auto id = server.id;
    auto title = server.title;
    return {.id = std::move(id),
            .title = std::move(title),
            .look = [server = std::move(server), config](DoctorBase base, Findings& into) {
                return go_to_hub(base, server, config, into);
            }};
}

}  // namespace sallyport::agent
