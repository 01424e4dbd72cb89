#include "net/egress_proxy.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/within.hpp"

#include <array>

namespace sallyport::net {
namespace {

std::string target_of(const ProxyRequest& request) {
    const bool v6 = request.host.find(':') != std::string::npos;
    return (v6 ? "[" + request.host + "]" : request.host) + ":" + std::to_string(request.port);
}

Secret head_of(const ProxyRequest& request) {
    const auto target = target_of(request);
    std::string head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    if (request.credentials != nullptr && !request.credentials->empty()) {
        const Secret encoded(to_base64(as_bytes(request.credentials->reveal())));
        head.reserve(head.size() + encoded.reveal().size() + 64);  // no unwiped copy is left behind
        head += "Proxy-Authorization: Basic ";
        head += encoded.reveal();
        head += "\r\n";
    }
    head += "\r\n";
    return Secret(std::move(head));
}

Error refusal(std::uint64_t status, const ProxyRequest& request, std::string_view reason) {
    const bool with = request.credentials != nullptr && !request.credentials->empty();
    if (status == 407 && with)
        return {Errc::unauthorized,
                "the proxy refused the credentials in " + request.credentials_file + " (407)"};
    if (status == 407)
        return {Errc::unauthorized,
                "the proxy asks for credentials (407); write user:password into a file and name "
                "it as proxy_credentials_file"};
    const auto text = "the proxy refused the connection to " + target_of(request) + ": " +
                      std::to_string(status) + " " + std::string(reason);
    if (status == 403)
        return {Errc::denied, text + "; have the proxy's administrator allow CONNECT to it"};
    return {Errc::unavailable, text};
}

/// Control characters of a hostile proxy do not reach a log.
std::string printable(std::string_view text) {
    std::string clean;
    for (const char c : text.substr(0, 100))
        clean += static_cast<unsigned char>(c) >= 0x20 && c != 0x7f ? c : '?';
    return clean;
}

/// Judges the status line (RFC 9112 section 4). Fields are of no interest.
Result<void> judge(std::string_view head, const ProxyRequest& request) {
    const auto line = head.substr(0, head.find('\n'));
    const Error malformed{
        Errc::protocol,
        "the proxy does not speak HTTP; is the address right? It said: " + printable(line)};
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return malformed;
    const auto status = parse_decimal(line.substr(9, 3));
    if (!status) return malformed;
    if (*status / 100 == 2) return {};
    auto reason = line.size() > 13 ? line.substr(13) : std::string_view();
    if (reason.ends_with('\r')) reason.remove_suffix(1);
    return refusal(*status, request, printable(reason));
}

/// Where the head ends in `text`, or npos. A bare LF counts as a line end (RFC 9112 section 2.2).
std::size_t head_end(std::string_view text) {
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        auto next = at + 1;
        if (next < text.size() && text[next] == '\r') ++next;
        if (next < text.size() && text[next] == '\n') return next + 1;
    }
    return std::string_view::npos;
}

Result<void> read_some(Duplex& wire, std::string& head, bool& blocked) {
    std::array<std::byte, 4096> buffer;
    const auto moved = wire.read(buffer);
    blocked = moved.state == Moved::State::would_block;
    if (moved.state == Moved::State::failed) return Error{moved.error, "read from the proxy"};
    if (moved.state == Moved::State::ended)
        return Error{Errc::cut, "the proxy closed the connection without an answer"};
    head += as_text(std::span(buffer).first(moved.bytes));
    if (head.size() > proxy_head_bytes_max)
        return Error{Errc::limit, "the proxy's answer has no end"};
    return {};
}

Task<Result<void>> exchange(Loop& loop, Duplex& wire, const ProxyRequest& request) {
    struct Attachment {
        Duplex& wire;
        ~Attachment() { wire.detach(); }
    };
    Event event(loop.turn);
    const Attachment attachment{wire};
    if (auto attached = wire.attach(loop, event); !attached) co_return attached;
    const auto asked = head_of(request);
    for (auto rest = as_bytes(asked.reveal()); !rest.empty();) {
        const auto moved = wire.write(rest);
        if (moved.state == Moved::State::failed) co_return Error{moved.error, "write to the proxy"};
        rest = rest.subspan(moved.bytes);
        if (moved.state == Moved::State::would_block) co_await event.wait();
    }
    std::string head;
    auto end = std::string::npos;
    while (end == std::string::npos) {
        bool blocked = false;
        if (auto read = read_some(wire, head, blocked); !read) co_return read;
        end = head_end(head);
        if (blocked && end == std::string::npos) co_await event.wait();
    }
    if (auto judged = judge(head, request); !judged) co_return judged;
    // TLS begins with us, so nothing may follow a granted tunnel yet.
    if (end != head.size())
        co_return Error{Errc::protocol, "the proxy sent more than an answer to CONNECT"};
    co_return Result<void>();
}

}  // namespace

Task<Result<void>> connect_through_proxy(Loop& loop, Duplex& wire, const ProxyRequest& request,
                                         Deadline deadline) {
    for (const char c : request.host)
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
            co_return Error{Errc::malformed, "the host name has a space or control character"};
    auto done = co_await within(deadline, exchange(loop, wire, request));
    if (!done && done.error().code == Errc::timed_out)
        co_return Error{Errc::timed_out, "the proxy did not answer to CONNECT"};
    co_return done;
}

}  // namespace sallyport::net
