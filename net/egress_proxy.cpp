#include "net/egress_proxy.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/proxy_answer.hpp"
#include "net/within.hpp"

#include <array>

namespace sallyport::net {
namespace {

Secret head_of(const ProxyRequest& request) {
    const auto target = proxy_target(request);
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
        end = proxy_head_end(head);
        if (blocked && end == std::string::npos) co_await event.wait();
    }
    if (auto judged = judge_proxy_answer(head, request); !judged) co_return judged;
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
