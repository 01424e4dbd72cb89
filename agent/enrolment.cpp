#include "agent/enrolment.hpp"

#include "agent/est_client.hpp"
#include "agent/external_enrolment.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/identity.hpp"
#include "certs/request.hpp"
#include "certs/spiffe.hpp"
#include "net/tls_context.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

/// The hub that the token names, and only that one: its CA's pinned key must vouch for it.
Result<EstServerPlace> place_of(const certs::JoinToken& token, const HubAddress& hub,
                                const EnrolmentWay& way, bool at_any_time = false) {
    net::PinnedClientOptions options;
    options.at_any_time = at_any_time;
    options.ca_key_hash = token.authority_key_hash;
    auto context = net::TlsContext::pinned_client(options);
    if (!context) return context.error();
    return EstServerPlace{.address = hub,
                          .proxy = {way.proxy, way.credentials},
                          .context = std::move(*context),
                          .restored = way.restored};
}

Error explained(Error error, const HubAddress& hub) {
    if (error.code == Errc::untrusted)
        error.detail =
            "the server at " + hub.authority() +
            " is not the hub this join token was made by: " + error.detail +
            "; get a new join token from the hub's administrator, and check the hub's url";
    return error;
}

/// Why the first contact failed: perhaps it is only this machine's clock.
net::Task<Error> explained_by_clock(net::Loop& loop, net::BlockingPool& pool, Error error,
                                    const certs::JoinToken& token, const HubAddress& hub,
                                    const EnrolmentWay& way) {
    if (error.code != Errc::untrusted) co_return explained(error, hub);
    auto place = place_of(token, hub, way, true);
    if (!place) co_return explained(error, hub);
    const auto now = std::chrono::system_clock::now();
    const auto skew = co_await est_ask_clock(loop, pool, std::move(*place), now);
    const auto text = describe_skew(skew);
    if (text.empty()) co_return explained(error, hub);
    co_return Error{error.code, text + " (" + error.detail + ")"};
}

/// The authorities that /cacerts gave, the pinned one among them.
Result<std::vector<certs::Certificate>> pinned_anchors(const EstReply& reply,
                                                       const certs::KeyHash& pin) {
    auto anchors = authorities_of(reply);
    const bool has_pinned = std::ranges::any_of(
        anchors, [&](const auto& certificate) { return certificate.public_key_hash() == pin; });
    if (!has_pinned)
        return Error{Errc::untrusted,
                     "the hub's CA is not the one in the join token; get a new one"};
    return anchors;
}

std::string basic_of(const certs::JoinToken& token) {
    return "Basic " + to_base64(as_bytes(token.agent + ":" + std::string(token.secret.reveal())));
}

/// What an earlier enrolment got from the external authority and could not bind yet.
std::optional<certs::Identity> kept_certificate(const certs::IdentityStore& store,
                                                certs::Time now) {
    auto kept = store.prepared();
    if (!kept || !kept->bound_as || kept->chain.front().not_after() <= now) return std::nullopt;
    return std::move(*kept);
}

/// The certificate of the company's own authority, in the free slot; not bound to anybody yet.
net::Task<Result<certs::Identity>> obtain_externally(
    net::Loop& loop, net::BlockingPool& pool, const certs::JoinToken& token,
    const EnrolmentConfig& server, certs::IdentityStore& store,
    const std::vector<certs::Certificate>& anchors) {
    const auto now = std::chrono::system_clock::now();
    if (auto kept = kept_certificate(store, now)) co_return std::move(*kept);
    // Its name is the hub's to say; until then the one that the token suggests stands for it.
    const auto hub = HubAddress::from_https_url(token.hub_url);
    if (!hub) co_return hub.error();
    const auto name = certs::AgentName::make(hub->host, token.tenant, token.agent);
    if (!name) co_return name.error();
    const auto key = store.pending_key();
    if (!key) co_return key.error();
    ExternalOrder order{
        .server = server, .key = *key, .common_name = token.agent, .present = {}, .now = now};
    const auto chain = co_await order_externally(loop, pool, std::move(order));
    if (!chain) co_return chain.error();
    const auto slot = store.prepare(*key, *chain, anchors, now, *name);
    if (!slot) co_return slot.error();
    co_return store.load(*slot);
}

/// The hub binds the certificate of the company's own authority to the agent that the token names.
net::Task<Result<Enrolled>> enrol_externally(net::Loop& loop, net::BlockingPool& pool,
                                             const certs::JoinToken& token,
                                             const EnrolmentConfig& server,
                                             certs::IdentityStore& store, const EstServerPlace& hub,
                                             const std::vector<certs::Certificate>& anchors) {
    const auto candidate = co_await obtain_externally(loop, pool, token, server, store, anchors);
    if (!candidate) co_return candidate.error();
    const auto bound = co_await bind_first(loop, pool, hub, *candidate, basic_of(token));
    if (!bound) {
        auto error = bound.error();
        if (error.code != Errc::untrusted) co_return error;
        // Another certificate may be better, e.g. of the authority that was meant.
        if (auto discarded = store.discard_prepared(); !discarded) co_return discarded.error();
        error.detail +=
            "; does the hub trust this authority? Its administrator runs there: "
            "sallyport-hub ca trust-external FILE --tenant " +
            token.tenant;
        co_return error;
    }
    if (bound->status == 202)
        co_return Error{Errc::unavailable, est_refusal(*bound).detail +
                                               "; then enroll again with the same join token"};
    if (bound->status != 200) {
        auto refusal = est_refusal(*bound);
        // The next enrolment asks for another certificate.
        if (refusal.code == Errc::denied)
            if (auto discarded = store.discard_prepared(); !discarded)
                refusal.detail += "; " + to_text(discarded.error());
        co_return refusal;
    }
    const auto name = certs::AgentName::parse(bound->text);
    if (!name) co_return Error{Errc::protocol, "the hub named no agent: " + name.error().detail};
    const auto slot = store.prepare(candidate->key, candidate->chain, anchors,
                                    std::chrono::system_clock::now(), *name);
    if (!slot) co_return slot.error();
    if (auto activated = store.activate(*slot); !activated) co_return activated.error();
    co_return Enrolled{candidate->chain.front(), name->text()};
}

}  // namespace

net::Task<Result<Enrolled>> enrol(net::Loop& loop, net::BlockingPool& pool,
                                  const certs::JoinToken& token, const EnrolmentWay& way,
                                  const std::filesystem::path& identity_folder) {
    const auto hub = HubAddress::from_https_url(token.hub_url);
    if (!hub) co_return hub.error();
    if (!way.url.empty()) {
        const auto configured = HubAddress::from_https_url(way.url);
        if (!configured) co_return configured.error();
        if (configured->authority() != hub->authority())
            co_return Error{Errc::conflict, "the join token is for " + token.hub_url +
                                                ", but agent.toml names " + way.url +
                                                "; correct the url of [[hub]], or get a token from "
                                                "that hub"};
    }
    if (token.expiry < std::chrono::system_clock::now())
        co_return Error{
            Errc::unauthorized,
            "the join token has expired; get a new one with `sallyport-hub agent reissue " +
                token.agent + " --tenant " + token.tenant + "`, and check this machine's clock"};
    auto store = certs::IdentityStore::open(identity_folder);
    if (!store) co_return store.error();
    const auto lock = store->lock();
    if (!lock) co_return lock.error();

    const auto place = place_of(token, *hub, way);
    if (!place) co_return place.error();
    const auto published = co_await est_get_authorities(loop, pool, *place);
    if (!published)
        co_return co_await explained_by_clock(loop, pool, published.error(), token, *hub, way);
    if (published->status != 200) co_return est_refusal(*published);
    auto anchors = pinned_anchors(*published, token.authority_key_hash);
    if (!anchors) co_return anchors.error();

    if (way.external)
        co_return co_await enrol_externally(loop, pool, token, *way.external, *store, *place,
                                            *anchors);
    auto key = store->pending_key();
    if (!key) co_return key.error();
    auto request = certs::make_request_der(*key, token.agent);
    if (!request) co_return request.error();
    const auto issued = co_await est_request(loop, pool, *place, "simpleenroll",
                                             std::move(*request), basic_of(token));
    if (!issued) co_return explained(issued.error(), *hub);
    if (issued->status == 202)
        co_return Error{Errc::unavailable, est_refusal(*issued).detail +
                                               "; then enroll again with the same join token"};
    if (issued->status != 200) co_return est_refusal(*issued);
    auto certificate = own_certificate(*issued, *key, *anchors, std::chrono::system_clock::now());
    if (!certificate) co_return certificate.error();
    auto name = certs::AgentName::of(*certificate);
    if (!name) co_return name.error();

    const std::vector<certs::Certificate> chain{*certificate};
    auto slot = store->prepare(*key, chain, *anchors, std::chrono::system_clock::now());
    if (!slot) co_return slot.error();
    if (auto activated = store->activate(*slot); !activated) co_return activated.error();
    co_return Enrolled{*certificate, name->text()};
}

}  // namespace sallyport::agent
