#include "daemon/witness_client.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/certificate.hpp"
#include "daemon/dial_out.hpp"
#include "net/blocking_pool.hpp"
#include "net/tls_duplex.hpp"
#include "tlog/witness.hpp"

#include <algorithm>
#include <functional>

namespace sallyport::daemon {
namespace {

using Kind = WitnessReply::Kind;
using Trust = std::shared_ptr<const net::TlsContext>;

constexpr std::size_t ca_file_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t authorities_max = 512;
constexpr std::size_t said_bytes_max = 200;  // of what a witness says of its refusal

/// What the witness says, for people: their terminals get nothing but letters.
std::string said(const http::FetchResponse& answer) {
    auto text = answer.body.substr(0, said_bytes_max);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text.empty() ? text : ": " + text;
}

WitnessReply failed(std::string text) { return {.kind = Kind::failed, .text = std::move(text)}; }

WitnessReply refused(std::string code, std::string text, const http::FetchResponse& answer) {
    return {.kind = Kind::refused, .code = std::move(code), .text = std::move(text) + said(answer)};
}

/// It has countersigned something else last than what the offer goes on from.
WitnessReply conflict(const http::FetchResponse& answer, const audit::Unwitnessed& offer) {
    const bool again = offer.size == offer.old_size;
    const auto type = answer.field("content-type");
    const auto size = tlog::parse_size_answer(answer.body);
    const bool tells = type.substr(0, type.find(';')) == tlog::size_answer_type && size;
    if (tells && *size != offer.old_size) return {.kind = Kind::stale, .size = *size};
    if (again)
        return {.kind = Kind::refused,
                .size = offer.size,
                .code = "fork",
                .text = "it has countersigned another tree of " + std::to_string(offer.size) +
                        " records: this log was changed, or a copy of it runs elsewhere"};
    return failed("it answered 409 without saying what it has countersigned");
}

/// The certificates of a list as long as an operating system's.
Result<std::vector<certs::Certificate>> read_authorities(const std::filesystem::path& file) {
    constexpr std::string_view end_line = "-----END CERTIFICATE-----";
    const auto text = read_file(file, ca_file_bytes_max);
    if (!text) return Error{text.error().code, "ca_file: " + text.error().detail};
    std::vector<certs::Certificate> all;
    for (std::string_view rest = *text;;) {
        const auto end = rest.find(end_line);
        if (end == std::string_view::npos) break;
        if (all.size() == authorities_max)
            return Error{Errc::limit, file.string() + " has more than " +
                                          std::to_string(authorities_max) + " certificates"};
        auto read = certs::Certificate::from_pem(rest.substr(0, end + end_line.size()));
        if (!read) return Error{read.error().code, file.string() + ": " + read.error().detail};
        all.push_back(std::move(*read));
        rest.remove_prefix(end + end_line.size());
    }
    if (all.empty()) return Error{Errc::malformed, file.string() + " has no PEM certificate"};
    return all;
}

}  // namespace

Result<http::FetchRequest> add_checkpoint_request(const HttpsUrl& url,
                                                  const audit::Unwitnessed& offer) {
    auto note = tlog::Note::parse(offer.note);
    if (!note) return note.error();
    http::FetchRequest request{.method = "POST", .target = url.target, .host = url.authority()};
    request.fields.emplace_back("content-type", "text/plain; charset=utf-8");
    request.body = tlog::AddCheckpoint{offer.old_size, offer.proof, std::move(*note)}.to_text();
    return request;
}

WitnessReply read_witness_answer(const http::FetchResponse& answer,
                                 const audit::Unwitnessed& offer) {
    const auto key = offer.keys.empty() ? std::string("its key") : offer.keys.back();
    switch (answer.status) {
        case 200:
            return {.kind = Kind::cosigned, .size = offer.size, .lines = answer.body};
        case 400:
            return refused("malformed", "it does not understand the request", answer);
        case 403:
            return refused("unknown_key",
                           "it does not trust the key that signed this log: have it take up " + key,
                           answer);
        case 404:
            return refused("unknown_log",
                           "it does not know this log, or url is not where it takes checkpoints: "
                           "have it take up " +
                               key,
                           answer);
        case 409:
            return conflict(answer, offer);
        case 422:
            return refused("bad_proof",
                           "what it has countersigned is not the beginning of this log: the log "
                           "was changed, or a copy of it runs elsewhere",
                           answer);
        default:
            return failed("it answered " + std::to_string(answer.status) + said(answer));
    }
}

Result<Trust> witness_trust(const WitnessSettings& settings) {
    const auto anchors = read_authorities(settings.ca_file);
    if (!anchors) return anchors.error();
    net::BackEndClientOptions options;
    options.anchors = *anchors;
    options.alpn = net::alpn::http;
    options.peer_is = "the witness";
    return net::TlsContext::back_end_client(options);
}

net::Task<Result<http::FetchResponse>> WitnessClient::post(http::FetchRequest request) {
    const auto deadline = net::deadline_in(answer_time);
    if (!trust_) {
        std::function<Result<Trust>()> read = [settings = settings_] {
            return witness_trust(settings);
        };
        auto trust = co_await net::run_on_pool<Trust>(pool_, loop_, std::move(read));
        if (!trust) co_return trust.error();
        trust_ = std::move(*trust);
    }
    const auto& url = settings_.url;
    ServerAddress server{url.host, url.port};
    auto proxy = settings_.proxy;
    auto wire = co_await dial_out(pool_, loop_, std::move(server), std::move(proxy), deadline);
    if (!wire) co_return wire.error();
    auto tls = net::TlsDuplex::client(trust_, std::move(*wire), url.host);
    if (!tls) co_return tls.error();
    if (auto greeted = co_await (*tls)->handshake(loop_, deadline); !greeted)
        co_return greeted.error();
    co_return co_await http::fetch(loop_, **tls, std::move(request), deadline);
}

net::Task<WitnessReply> WitnessClient::ask(audit::Unwitnessed offer) {
    auto request = add_checkpoint_request(settings_.url, offer);
    if (!request) co_return failed(to_text(request.error()));
    const auto answer = co_await post(std::move(*request));
    WitnessReply reply;
    if (answer) {
        reply = read_witness_answer(*answer, offer);
    } else if (answer.error().code == Errc::untrusted) {
        reply = {.kind = Kind::refused,
                 .code = "untrusted",
                 .text = answer.error().detail + "; ca_file is " + settings_.ca_file.string() +
                         ": it must have the authority that signed this certificate"};
    } else {
        reply.text = to_text(answer.error());
    }
    if (reply.kind == Kind::refused || reply.kind == Kind::failed) trust_.reset();
    co_return reply;
}

}  // namespace sallyport::daemon
