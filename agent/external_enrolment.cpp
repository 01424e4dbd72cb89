#include "agent/external_enrolment.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secret_file.hpp"
#include "certs/request.hpp"
#include "certs/successor.hpp"
#include "net/tls_context.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

constexpr std::size_t est_credentials_bytes_max = std::size_t{4} * 1024;
constexpr std::string_view who = "the EST server of [enrolment]";

Result<std::vector<certs::Certificate>> read_anchors(const std::filesystem::path& file) {
    const auto pem = read_file(file);
    if (!pem) return Error{pem.error().code, "[enrolment] ca_file: " + to_text(pem.error())};
    auto chain = certs::read_chain_pem(*pem);
    if (!chain)
        return Error{chain.error().code,
                     "[enrolment] ca_file " + file.string() + ": " + chain.error().detail};
    return chain;
}

/// The value of an Authorization field.
Result<Secret> read_credentials(const std::filesystem::path& file) {
    if (file.empty())
        return Error{Errc::unauthorized,
                     "[enrolment] needs a credentials_file with user:password of the EST server: "
                     "there is no valid certificate that could speak for this agent"};
    const auto secret = read_secret_file(file, est_credentials_bytes_max);
    if (!secret)
        return Error{secret.error().code,
                     "[enrolment] credentials_file: " + to_text(secret.error())};
    auto both = secret->reveal();
    while (both.ends_with('\n') || both.ends_with('\r')) both.remove_suffix(1);
    if (both.find(':') == std::string::npos)
        return Error{Errc::malformed,
                     "[enrolment] credentials_file " + file.string() + " must be user:password"};
    return Secret("Basic " + to_base64(as_bytes(both)));
}

Result<EstServerPlace> place_of(const ExternalOrder& order,
                                const std::vector<certs::Certificate>& anchors, bool renews) {
    net::BackEndClientOptions options;
    options.anchors = anchors;
    options.peer_is = who;
    options.alpn = net::alpn::http;
    if (renews) options.own = {order.present->chain, &order.present->key};
    auto context = net::TlsContext::back_end_client(options);
    if (!context) return context.error();
    const auto& url = order.server.est_url;
    EstServerPlace place{
        .address = HubAddress{url.host, url.port}, .path = url.target, .proxy = order.server.proxy};
    place.context = std::move(*context);
    return place;
}

Result<EstServerPlace> shown_as(EstServerPlace place, const certs::Identity& identity) {
    net::HubClientOptions options;
    options.alpn = net::alpn::enrolment;
    options.own = {identity.chain, &identity.key};
    options.anchors = identity.anchors;
    auto context = net::TlsContext::hub_client(options);
    if (!context) return context.error();
    place.context = std::move(*context);
    return place;
}

}  // namespace

std::vector<certs::Certificate> issuers_to_show(const std::vector<certs::Certificate>& told,
                                                const certs::Certificate& leaf) {
    std::vector<certs::Certificate> issuers;
    for (const auto& certificate : told) {
        const bool is_root = certificate.subject() == certificate.issuer();
        if (!certificate.is_authority() || is_root || certificate == leaf) continue;
        if (std::ranges::find(issuers, certificate) != issuers.end()) continue;
        if (issuers.size() + 1 < certs::chain_certificates_max) issuers.push_back(certificate);
    }
    return issuers;
}

net::Task<Result<std::vector<certs::Certificate>>> order_externally(net::Loop& loop,
                                                                    net::BlockingPool& pool,
                                                                    ExternalOrder order) {
    const bool renews = order.present && order.now < order.present->chain.front().not_after();
    Secret authorization;
    if (!renews) {
        auto read = read_credentials(order.server.credentials_file);
        if (!read) co_return read.error();
        authorization = std::move(*read);
    }
    auto anchors = read_anchors(order.server.ca_file);
    if (!anchors) co_return anchors.error();
    const auto place = place_of(order, *anchors, renews);
    if (!place) co_return place.error();
    const auto hear = [&order](const EstReply& reply) {
        if (order.heard) order.heard(reply);
    };
    const auto published = co_await est_get_authorities(loop, pool, *place);
    if (!published) co_return published.error();
    hear(*published);
    if (published->status != 200) co_return est_refusal(*published, who);
    auto request = certs::make_request_der(order.key, order.common_name);
    if (!request) co_return request.error();
    const auto issued =
        co_await est_request(loop, pool, *place, renews ? "simplereenroll" : "simpleenroll",
                             std::move(*request), std::string(authorization.reveal()));
    if (!issued) co_return issued.error();
    hear(*issued);
    if (issued->status != 200) co_return est_refusal(*issued, who);
    // RFC 7030 section 4.1.1: what /cacerts gives may be trusted for this authority.
    for (const auto& authority : authorities_of(*published)) anchors->push_back(authority);
    const auto leaf = own_certificate(*issued, order.key, *anchors, order.now);
    if (!leaf) co_return leaf.error();
    auto told = published->certificates;
    told.insert(told.end(), issued->certificates.begin(), issued->certificates.end());
    std::vector<certs::Certificate> chain{*leaf};
    for (const auto& issuer : issuers_to_show(told, *leaf)) chain.push_back(issuer);
    co_return chain;
}

net::Task<Result<EstReply>> bind_first(net::Loop& loop, net::BlockingPool& pool,
                                       EstServerPlace place, const certs::Identity& candidate,
                                       std::string authorization) {
    auto shown = shown_as(std::move(place), candidate);
    if (!shown) co_return shown.error();
    http::FetchRequest request;
    request.fields.emplace_back("authorization", std::move(authorization));
    co_return co_await est_bind(loop, pool, std::move(*shown), std::move(request));
}

net::Task<Result<EstReply>> bind_next(net::Loop& loop, net::BlockingPool& pool,
                                      EstServerPlace place, const certs::Identity& present,
                                      const certs::Identity& candidate) {
    const auto name = present.name();
    if (!name) co_return name.error();
    auto shown = shown_as(std::move(place), present);
    if (!shown) co_return shown.error();
    const auto proof = certs::sign_succession(candidate.key, name->hub(), present.chain.front(),
                                              candidate.chain.front());
    if (!proof) co_return proof.error();
    http::FetchRequest request;
    request.fields.emplace_back("content-type", "application/pem-certificate-chain");
    request.fields.emplace_back("sallyport-proof", to_base64(as_bytes(*proof)));
    request.body = certs::write_chain_pem(candidate.chain);
    co_return co_await est_bind(loop, pool, std::move(*shown), std::move(request));
}

}  // namespace sallyport::agent
