#include "tunnel/control_stream.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "tunnel/reserved_fields.hpp"

#include <utility>

namespace sallyport::tunnel {
namespace {

/// Reads one line and hands it on; false if the peer must not go on.
bool hand_on(std::string_view line, const std::function<void(ControlMessage)>& on_message) {
    auto message = decode(line);
    if (!message) {
        log::warn("control.malformed", {{"error", to_text(message.error())}});
        return false;
    }
    if (const auto* unknown = std::get_if<Unknown>(&*message)) {
        log::debug("control.unknown", {{"type", unknown->type}});
        return true;
    }
    on_message(std::move(*message));
    return true;
}

}  // namespace

void AgentControl::greet_with(Hello hello) {
    shorten(hello);
    if (hello.virtual_hosts_left_out > 0)
        log::warn("hello.shortened", {{"told", hello.virtual_hosts.size()},
                                      {"left_out", hello.virtual_hosts_left_out},
                                      {"effect", "the hub's status does not list all; all work"}});
    queue_ = encode(hello);
}

bool AgentControl::send(const ControlMessage& message) {
    if (event_ == nullptr) return false;
    queue_ += encode(message);
    event_->set();
    return true;
}

net::Task<Result<void>> AgentControl::serve(const http::RequestHead&, http::Body& up,
                                            http::Answer& down) {
    struct Known {
        Known(AgentControl& c, net::Event& event) : control(c) { control.event_ = &event; }
        ~Known() { control.event_ = nullptr; }
        AgentControl& control;
    } known(*this, down.event());
    http::ResponseHead head;
    head.status = 101;
    down.start(head);
    LineReader lines;
    while (true) {
        while (!queue_.empty()) {
            const auto taken = down.write(as_bytes(queue_));
            if (taken == 0) break;
            queue_.erase(0, taken);
        }
        bool good = true;
        for (auto bytes = up.peek(); !bytes.empty() && good; bytes = up.peek()) {
            const auto size = bytes.size();
            const bool fits = lines.feed(
                bytes, [&](std::string_view line) { good = good && hand_on(line, on_message_); });
            good = good && fits;
            up.consume(size);
        }
        if (!good) co_return Error{Errc::malformed, "control stream"};
        // The last words of a hub that has closed the link at once are heard above.
        if (down.aborted()) co_return Error{Errc::cut, "the control stream broke"};
        if (up.state() != http::Body::State::flowing) break;
        co_await down.event().wait();
    }
    down.finish({});
    co_return Result<void>{};
}

void HubControl::send(const ControlMessage& message) {
    queue_ += encode(message);
    event_.set();
}

void HubControl::close() {
    closed_ = true;
    event_.set();
}

net::Task<Result<void>> HubControl::run(ClientEnd& link) {
    http::RequestHead head;
    head.method = "GET";
    head.authority = "agent";
    head.target = "/";
    head.upgrade = reserved::control_protocol;
    auto outcome = co_await link.serve(head, *this, *this);
    if (broken_) co_return Error{Errc::malformed, "the agent's control stream"};
    co_return outcome;
}

void HubControl::start(const http::ResponseHead& head) {
    started_ = true;
    if (head.status != 101) broken_ = true;
}

std::size_t HubControl::write(BytesView bytes) {
    bool good = true;
    const bool fits = lines_.feed(
        bytes, [&](std::string_view line) { good = good && hand_on(line, on_message_); });
    if (!good || !fits) {
        broken_ = true;
        event_.set();
    }
    return bytes.size();
}

}  // namespace sallyport::tunnel
