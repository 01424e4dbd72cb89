#include "agent/est_client.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/pkcs7.hpp"
#include "certs/restored.hpp"
#include "http/date.hpp"
#include "http/fetch.hpp"
#include "net/tls_duplex.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

constexpr std::chrono::seconds step_time{20};  // dial and handshake, or one request
constexpr std::size_t refusal_bytes_max = 1'000;
constexpr std::chrono::seconds retry_after_max = std::chrono::hours(24);

net::Task<Result<http::FetchResponse>> ask(net::Loop& loop, net::BlockingPool& pool,
                                           EstServerPlace place, http::FetchRequest request) {
    const auto deadline = net::deadline_in(step_time);
    auto wire = co_await daemon::dial_out(pool, loop, place.address, place.proxy, deadline);
    if (!wire) co_return wire.error();
    auto tls = net::TlsDuplex::client(place.context, std::move(*wire), place.address.host);
    if (!tls) co_return tls.error();
    auto greeted = co_await (*tls)->handshake(loop, deadline);
    if (!greeted) co_return greeted.error();
    request.host = place.address.authority();
    if (!place.restored.empty())
        request.fields.emplace_back(std::string(certs::restored_field), place.restored);
    // In TLS 1.3 the server looks at our certificate when our handshake is over, so its refusal
    // comes here.
    co_return co_await http::fetch(loop, **tls, std::move(request), net::deadline_in(step_time));
}

EstReply read_head(const http::FetchResponse& response) {
    EstReply reply{.status = response.status, .date = http::read_date(response.field("date"))};
    if (const auto seconds = parse_decimal(response.field("retry-after")))
        reply.retry_after = std::min(
            retry_after_max, std::chrono::seconds(std::min<std::uint64_t>(*seconds, 1'000'000)));
    reply.text = response.body.substr(0, refusal_bytes_max);
    while (reply.text.ends_with('\n') || reply.text.ends_with('\r')) reply.text.pop_back();
    return reply;
}

Result<EstReply> read(const http::FetchResponse& response) {
    auto reply = read_head(response);
    if (response.status != 200) return reply;
    reply.text.clear();
    std::string text = response.body;  // RFC 8951 section 3.1: white space means nothing
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == ' '; });
    const auto der = from_base64(text);
    if (!der) return Error{Errc::protocol, "the answer of the EST server is not base64"};
    auto certificates = certs::decode_certs_only(as_text(*der));
    if (!certificates) return certificates.error();
    reply.certificates = std::move(*certificates);
    return reply;
}

}  // namespace

net::Task<Result<EstReply>> est_get_authorities(net::Loop& loop, net::BlockingPool& pool,
                                                EstServerPlace place) {
    http::FetchRequest request;
    request.target = place.path + "/cacerts";
    const auto response = co_await ask(loop, pool, std::move(place), std::move(request));
    if (!response) co_return response.error();
    co_return read(*response);
}

net::Task<Result<EstReply>> est_request(net::Loop& loop, net::BlockingPool& pool,
                                        EstServerPlace place, std::string operation,
                                        std::string request_der, std::string authorization) {
    http::FetchRequest request;
    request.method = "POST";
    request.target = place.path + "/" + operation;
    request.fields.emplace_back("content-type", "application/pkcs10");
    request.fields.emplace_back("content-transfer-encoding", "base64");
    if (!authorization.empty())
        request.fields.emplace_back("authorization", std::move(authorization));
    request.body = to_base64(as_bytes(request_der));
    const auto response = co_await ask(loop, pool, std::move(place), std::move(request));
    if (!response) co_return response.error();
    co_return read(*response);
}

net::Task<Result<EstReply>> est_bind(net::Loop& loop, net::BlockingPool& pool, EstServerPlace place,
                                     http::FetchRequest request) {
    request.method = "POST";
    request.target = "/.well-known/sallyport/bind";
    const auto response = co_await ask(loop, pool, std::move(place), std::move(request));
    if (!response) co_return response.error();
    co_return read_head(*response);
}

Error est_refusal(const EstReply& reply, std::string_view who) {
    const std::string name(who);
    switch (reply.status) {
        case 202:
            return {Errc::unavailable, name + " wants this approved first: it " + reply.text};
        case 401:
            return {Errc::unauthorized, name + " refused: " + reply.text};
        case 403:
            return {Errc::denied, name + " refused: " + reply.text};
        default:
            return {Errc::failed,
                    name + " answered " + std::to_string(reply.status) + ": " + reply.text};
    }
}

std::optional<std::chrono::seconds> clock_skew(const EstReply& reply, certs::Time now) {
    if (!reply.date) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(now) - *reply.date;
}

net::Task<std::optional<std::chrono::seconds>> est_ask_clock(net::Loop& loop,
                                                             net::BlockingPool& pool,
                                                             EstServerPlace place,
                                                             certs::Time now) {
    const auto answer = co_await est_get_authorities(loop, pool, std::move(place));
    if (!answer) co_return std::nullopt;
    co_return clock_skew(*answer, now);
}

std::string describe_skew(std::optional<std::chrono::seconds> skew) {
    using namespace std::chrono;
    if (!skew || abs(*skew) <= skew_tolerated_max) return {};
    const auto size = abs(*skew);
    const auto amount = size < hours(2)  ? std::to_string(round<minutes>(size).count()) + " minutes"
                        : size < days(2) ? std::to_string(round<hours>(size).count()) + " hours"
                                         : std::to_string(round<days>(size).count()) + " days";
    return "this machine's clock is " + amount +
           (*skew < seconds(0) ? " behind the hub's" : " ahead of the hub's") +
           ": set it right (NTP)";
}

std::vector<certs::Certificate> authorities_of(const EstReply& reply) {
    std::vector<certs::Certificate> authorities;
    std::ranges::copy_if(reply.certificates, std::back_inserter(authorities),
                         &certs::Certificate::is_authority);
    return authorities;
}

Result<certs::Certificate> own_certificate(const EstReply& reply, const certs::Key& key,
                                           std::span<const certs::Certificate> anchors,
                                           certs::Time now) {
    const auto own = std::ranges::find(reply.certificates, key.public_key_hash(),
                                       &certs::Certificate::public_key_hash);
    if (own == reply.certificates.end())
        return Error{Errc::protocol, "the EST server sent no certificate for our key"};
    std::vector<certs::Certificate> others(reply.certificates);
    std::erase(others, *own);
    const certs::ChainPolicy policy{.usage = certs::ExtendedUsage::client_auth, .at = now};
    const auto checked = certs::check_chain(*own, others, anchors, policy);
    if (checked) return *own;
    const auto skew = describe_skew(clock_skew(reply, now));
    const auto hint = skew.empty() ? "is this machine's clock right?" : skew;
    return Error{checked.error().code, "the new certificate does not check out here; " + hint +
                                           " (" + checked.error().detail + ")"};
}

}  // namespace sallyport::agent
