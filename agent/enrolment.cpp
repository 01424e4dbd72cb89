#include "agent/enrolment.hpp"

#include "agent/hub_dialler.hpp"
#include "base/error.hpp"
#include "certs/identity.hpp"
#include "certs/pkcs7.hpp"
#include "certs/request.hpp"
#include "certs/spiffe.hpp"
#include "http/fetch.hpp"
#include "net/tls_context.hpp"
#include "net/tls_duplex.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

constexpr std::chrono::seconds step_time{20};  // dial and handshake, or one request

/// A connection to the hub that its CA's pinned key vouches for.
net::Task<Result<std::unique_ptr<net::TlsDuplex>>> connect(net::Loop& loop, net::BlockingPool& pool,
                                                           const certs::JoinToken& token,
                                                           const HubAddress& hub,
                                                           const EnrolmentWay& way) {
    const auto deadline = net::deadline_in(step_time);
    ProxyWay proxy{way.proxy, way.credentials};
    auto wire = co_await dial_hub(pool, loop, hub, std::move(proxy), deadline);
    if (!wire) co_return wire.error();
    net::PinnedClientOptions options;
    options.ca_key_hash = token.authority_key_hash;
    auto context = net::TlsContext::pinned_client(options);
    if (!context) co_return context.error();
    auto tls = net::TlsDuplex::client(*context, std::move(*wire), hub.host);
    if (!tls) co_return tls.error();
    auto greeted = co_await (*tls)->handshake(loop, deadline);
    if (greeted) co_return std::move(*tls);
    auto error = greeted.error();
    if (error.code == Errc::untrusted)
        error.detail =
            "the server at " + hub.authority() +
            " is not the hub this join token was made by: " + error.detail +
            "; get a new join token from the hub's administrator, and check the hub's url";
    co_return error;
}

/// What a refusal of the hub means for the administrator.
Error refused(const http::FetchResponse& response) {
    auto text = response.body.substr(0, 1'000);
    while (text.ends_with('\n')) text.pop_back();
    if (response.status == 401)
        return {Errc::unauthorized, "the hub refused the join token: " + text};
    return {Errc::failed, "the hub answered " + std::to_string(response.status) + ": " + text};
}

net::Task<Result<std::string>> ask(net::Loop& loop, net::BlockingPool& pool,
                                   const certs::JoinToken& token, const HubAddress& hub,
                                   const EnrolmentWay& way, http::FetchRequest request) {
    auto connection = co_await connect(loop, pool, token, hub, way);
    if (!connection) co_return connection.error();
    request.host = hub.authority();
    auto response =
        co_await http::fetch(loop, **connection, std::move(request), net::deadline_in(step_time));
    if (!response) co_return response.error();
    if (response->status == 202)
        co_return Error{Errc::unavailable,
                        "the hub wants this enrolment approved first: run `sallyport-hub agent "
                        "approve`, then enroll again"};
    if (response->status != 200) co_return refused(*response);
    auto der = from_base64(response->body);
    if (!der) co_return Error{der.error().code, "the hub's answer is not base64"};
    co_return std::string(as_text(*der));
}

/// The CA among what /cacerts gave, which must be the pinned one.
Result<std::vector<certs::Certificate>> pinned_anchors(std::string_view der,
                                                       const certs::KeyHash& pin) {
    auto all = certs::decode_certs_only(der);
    if (!all) return all.error();
    std::vector<certs::Certificate> anchors;
    for (const auto& certificate : *all)
        if (certificate.is_authority()) anchors.push_back(certificate);
    const bool has_pinned = std::ranges::any_of(
        anchors, [&](const auto& certificate) { return certificate.public_key_hash() == pin; });
    if (!has_pinned)
        return Error{Errc::untrusted,
                     "the hub's CA is not the one in the join token; get a new one"};
    return anchors;
}

/// The certificate for our key among what the hub sent, checked against its CA.
Result<certs::Certificate> own_certificate(std::string_view der, const certs::Key& key,
                                           std::span<const certs::Certificate> anchors) {
    auto all = certs::decode_certs_only(der);
    if (!all) return all.error();
    for (const auto& certificate : *all) {
        if (certificate.public_key_hash() != key.public_key_hash()) continue;
        certs::ChainPolicy policy{.usage = certs::ExtendedUsage::client_auth,
                                  .at = std::chrono::system_clock::now()};
        if (auto checked = certs::check_chain(certificate, {}, anchors, policy); !checked)
            return Error{checked.error().code,
                         "the certificate from the hub does not check out; is this machine's clock "
                         "right? " +
                             checked.error().detail};
        return certificate;
    }
    return Error{Errc::protocol, "the hub sent no certificate for our key"};
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

    http::FetchRequest get_authorities;
    get_authorities.target = "/.well-known/est/cacerts";
    auto authorities = co_await ask(loop, pool, token, *hub, way, std::move(get_authorities));
    if (!authorities) co_return authorities.error();
    auto anchors = pinned_anchors(*authorities, token.authority_key_hash);
    if (!anchors) co_return anchors.error();

    auto key = store->pending_key();
    if (!key) co_return key.error();
    auto request = certs::make_request_der(*key, token.agent);
    if (!request) co_return request.error();
    http::FetchRequest post;
    post.method = "POST";
    post.target = "/.well-known/est/simpleenroll";
    post.fields.emplace_back("content-type", "application/pkcs10");
    post.fields.emplace_back("content-transfer-encoding", "base64");
    post.fields.emplace_back(
        "authorization",
        "Basic " + to_base64(as_bytes(token.agent + ":" + std::string(token.secret.reveal()))));
    post.body = to_base64(as_bytes(*request));
    auto issued = co_await ask(loop, pool, token, *hub, way, std::move(post));
    if (!issued) co_return issued.error();
    auto certificate = own_certificate(*issued, *key, *anchors);
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
