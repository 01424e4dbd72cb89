// One attempt of a rotation: the next certificate is obtained, bound if an external authority made
// it, proved, and made the active one.
#include "agent/external_enrolment.hpp"
#include "agent/rotation.hpp"
#include "agent/trial_link.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/request.hpp"
#include "certs/spiffe.hpp"

namespace sallyport::agent {
namespace {

Result<std::shared_ptr<const net::TlsContext>> context_of(const certs::Identity& identity,
                                                          std::string_view alpn,
                                                          bool at_any_time = false) {
    net::HubClientOptions options;
    options.alpn = alpn;
    options.at_any_time = at_any_time;
    options.own = {identity.chain, &identity.key};
    options.anchors = identity.anchors;
    return net::TlsContext::hub_client(options);
}

Result<EstServerPlace> place_of(const HubConfig& hub, const certs::Identity& identity,
                                bool at_any_time = false) {
    const auto address = HubAddress::from_https_url(hub.url);
    if (!address) return address.error();
    auto context = context_of(identity, net::alpn::enrolment, at_any_time);
    if (!context) return context.error();
    return EstServerPlace{.address = *address,
                          .proxy = {hub.proxy, hub.proxy_credentials_file},
                          .context = std::move(*context)};
}

}  // namespace

net::Task<Result<void>> Rotation::attempt() {
    auto store = certs::IdentityStore::open(wiring_.identity_folder);
    if (!store) co_return store.error();
    const auto lock = store->lock();
    if (!lock) co_return lock.error();
    const auto active = store->load_active();
    if (!active) co_return active.error();
    auto candidate = store->prepared();
    // What an enrolment that was cut off has left there is not for this one.
    if (candidate && candidate->bound_as != active->bound_as)
        candidate = Error{Errc::not_found, "of another enrolment"};
    if (!candidate) candidate = co_await obtain(*store, *active);
    if (!candidate) co_return candidate.error();
    if (candidate->bound_as) {
        const auto bound = co_await bind(*store, *active, *candidate);
        if (!bound) co_return bound.error();
    }
    const auto proved = co_await prove(*store, *candidate);
    if (!proved) co_return proved.error();
    if (auto activated = store->activate(candidate->slot); !activated) co_return activated.error();
    ++renewals_;
    const auto& certificate = candidate->chain.front();
    log::info("certificate.renewed",
              {{"serial", certificate.serial()},
               {"slot", to_text(candidate->slot)},
               {"not_after", std::chrono::floor<std::chrono::seconds>(certificate.not_after())
                                 .time_since_epoch()
                                 .count()}});
    load();
    wiring_.activated();
    co_return Result<void>();
}

/// The next certificate, into the slot that is not active.
net::Task<Result<certs::Identity>> Rotation::obtain(certs::IdentityStore& store,
                                                    const certs::Identity& active) {
    const auto place = place_of(renewing_hub(wiring_.hubs, active), active);
    if (!place) co_return place.error();
    const auto published = co_await est_get_authorities(wiring_.loop, wiring_.pool, *place);
    if (!published) {
        co_await look_at_clock(published.error(), active);
        co_return published.error();
    }
    note(*published);
    if (published->status != 200) co_return est_refusal(*published);
    const auto anchors = authorities_of(*published);

    const auto key = store.pending_key();
    if (!key) co_return key.error();
    const auto name = active.name();
    const std::string common_name = name ? name->agent() : "agent";
    auto ordered = active.bound_as ? order_elsewhere(*key, active, common_name)
                                   : order_of_hub(*place, *key, anchors, common_name);
    const auto chain = co_await std::move(ordered);
    if (!chain) co_return chain.error();
    const auto slot = store.prepare(*key, *chain, anchors, wiring_.now().wall, active.bound_as);
    if (!slot) co_return slot.error();
    co_return store.load(*slot);
}

net::Task<Result<std::vector<certs::Certificate>>> Rotation::order_of_hub(
    const EstServerPlace& hub, const certs::Key& key,
    const std::vector<certs::Certificate>& anchors, const std::string& common_name) {
    auto request = certs::make_request_der(key, common_name);
    if (!request) co_return request.error();
    const std::string by_certificate;  // no Authorization
    const auto issued = co_await est_request(wiring_.loop, wiring_.pool, hub, "simplereenroll",
                                             std::move(*request), by_certificate);
    if (!issued) co_return issued.error();
    note(*issued);
    if (issued->status != 200) co_return est_refusal(*issued);
    const auto certificate = own_certificate(*issued, key, anchors, wiring_.now().wall);
    if (!certificate) co_return certificate.error();
    co_return std::vector<certs::Certificate>{*certificate};
}

/// From the company's own authority.
net::Task<Result<std::vector<certs::Certificate>>> Rotation::order_elsewhere(
    const certs::Key& key, const certs::Identity& active, const std::string& common_name) {
    const auto server = wiring_.external ? wiring_.external() : std::nullopt;
    if (!server)
        co_return Error{Errc::not_found,
                        "this agent's certificate comes from an authority of your own: name its "
                        "EST server in [enrolment] est_url, or enrol again with a join token"};
    ExternalOrder order{.server = *server,
                        .key = key,
                        .common_name = common_name,
                        .present = active,
                        .now = wiring_.now().wall};
    order.heard = [this](const EstReply& reply) {
        if (reply.status != 200) retry_after_ = reply.retry_after;
    };
    co_return co_await order_externally(wiring_.loop, wiring_.pool, std::move(order));
}

/// Tells the hub which certificate of that authority follows ours.
net::Task<Result<void>> Rotation::bind(certs::IdentityStore& store, const certs::Identity& active,
                                       const certs::Identity& candidate) {
    auto place = place_of(renewing_hub(wiring_.hubs, active), active);
    if (!place) co_return place.error();
    const auto bound =
        co_await bind_next(wiring_.loop, wiring_.pool, std::move(*place), active, candidate);
    if (!bound) co_return bound.error();
    note(*bound);
    if (bound->status == 200) co_return Result<void>();
    // A certificate that the hub does not want is of no use: the next attempt gets another one.
    const bool is_refused = bound->status == 403 || bound->status == 400;
    if (is_refused)
        if (auto discarded = store.discard_prepared(); !discarded)
            log::error("identity.failed", {{"error", to_text(discarded.error())}});
    co_return est_refusal(*bound);
}

net::Task<Result<void>> Rotation::prove(certs::IdentityStore& store,
                                        const certs::Identity& candidate) {
    auto context = context_of(candidate, net::alpn::link);
    if (!context) co_return context.error();
    const auto& hub = renewing_hub(wiring_.hubs, candidate);
    auto hello = wiring_.hello(hub);
    const auto proved = co_await try_link(wiring_.loop, wiring_.pool, wiring_.budget, hub,
                                          std::move(*context), std::move(hello));
    if (proved || !condemns(proved.error())) co_return proved;
    // It will not get better: the next attempt asks for another one. To forget it disturbs nothing:
    // the active slot is another one, and the hub confirms a generation only when a link that is no
    // trial shows it. This one stays a number that was given out and never used.
    if (auto discarded = store.discard_prepared(); !discarded)
        log::error("identity.failed", {{"error", to_text(discarded.error())}});
    co_return proved;
}

/// A hub whose certificate we do not believe may be right, and our clock wrong.
net::Task<void> Rotation::look_at_clock(const Error& error, const certs::Identity& active) {
    if (error.code != Errc::untrusted) co_return;
    auto place = place_of(renewing_hub(wiring_.hubs, active), active, true);
    if (!place) co_return;
    const auto skew =
        co_await est_ask_clock(wiring_.loop, wiring_.pool, std::move(*place), wiring_.now().wall);
    note(skew);
}

}  // namespace sallyport::agent
