#include "agent/enrolment.hpp"

#include "agent/est_client.hpp"
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
                                const EnrolmentWay& way) {
    net::PinnedClientOptions options;
    options.ca_key_hash = token.authority_key_hash;
    auto context = net::TlsContext::pinned_client(options);
    if (!context) return context.error();
    return EstServerPlace{
        .address = hub, .proxy = {way.proxy, way.credentials}, .context = std::move(*context)};
}

Error explained(Error error, const HubAddress& hub) {
    if (error.code == Errc::untrusted)
        error.detail =
            "the server at " + hub.authority() +
            " is not the hub this join token was made by: " + error.detail +
            "; get a new join token from the hub's administrator, and check the hub's url";
    return error;
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
    if (!published) co_return explained(published.error(), *hub);
    if (published->status != 200) co_return est_refusal(*published);
    auto anchors = pinned_anchors(*published, token.authority_key_hash);
    if (!anchors) co_return anchors.error();

    auto key = store->pending_key();
    if (!key) co_return key.error();
    auto request = certs::make_request_der(*key, token.agent);
    if (!request) co_return request.error();
    auto authorization =
        "Basic " + to_base64(as_bytes(token.agent + ":" + std::string(token.secret.reveal())));
    const auto issued = co_await est_request(loop, pool, *place, "simpleenroll",
                                             std::move(*request), std::move(authorization));
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
