#include "hub/saprouter.hpp"

#include "base/bytes.hpp"
#include "mappings/virtual_host.hpp"
#include "rfc/ni.hpp"
#include "rfc/route.hpp"

namespace sallyport::hub {
namespace {

namespace code = rfc::router_code;

constexpr std::uint8_t route_version = 2;
constexpr std::size_t route_version_at = 9;
constexpr std::size_t hops = 2;  // this router, and the virtual host

/// Where the password of this router stands: in its own entry, or (clients before release 4.0) in
/// the one behind it. Two different ones are ambiguous.
Secret* password_of(rfc::RouteRequest& route) {
    auto& own = route.hops[0].password;
    auto& next = route.hops[1].password;
    if (own.empty()) return &next;
    if (next.empty() || next.reveal() == own.reveal()) return &own;
    return nullptr;
}

}  // namespace

StreamHandshake::Step SapRouter::read(std::string_view bytes, std::size_t& used) {
    used = 0;
    if (phase_ == Phase::over) return step_;
    if (phase_ == Phase::target) return step_ = take_target();
    const auto received = as_bytes(bytes);
    const auto head = rfc::read_frame_head(received);
    using State = rfc::FrameHead::State;
    // A TLS hello or an HTTP request reads as a length far above; it would not understand a reply.
    if (head.state == State::too_large || head.frame_bytes > route_frame_bytes_max) {
        phase_ = Phase::over;
        fault_ = "this is no route of an RFC client";
        return step_ = Step::refused;
    }
    if (head.state == State::needs_more) return step_ = Step::needs_more;
    used = head.frame_bytes;
    return step_ = read_frame(bytes.substr(rfc::frame_head_bytes, used - rfc::frame_head_bytes));
}

StreamHandshake::Step SapRouter::read_frame(std::string_view payload) {
    const auto frame = as_bytes(payload);
    if (rfc::kind_of(frame) != rfc::FrameKind::route)
        return refuse(code::invalid, "the first frame is no route");
    if (payload.size() <= route_version_at ||
        static_cast<std::uint8_t>(frame[route_version_at]) != route_version)
        return refuse(code::version, "the version of the route is not supported");
    auto route = rfc::read_route(frame);
    if (!route) return refuse(code::invalid, "the route cannot be read");
    if (route->hops.size() != hops || route->next != 1)
        return refuse(code::permission_denied, "a route leads to one virtual host, no further");
    if (route->talk_mode != rfc::TalkMode::ni)
        return refuse(code::talk_mode, "only the talk mode of NI is offered");
    return take_key(*route);
}

StreamHandshake::Step SapRouter::take_key(rfc::RouteRequest& route) {
    auto* password = password_of(route);
    if (password == nullptr) return refuse(code::invalid, "the route has two passwords");
    if (password->empty())
        return refuse(code::permission_denied, "the route has no password: /W/ and an access key");
    key_ = std::move(*password);
    host_ = std::move(route.hops[1].host);
    service_ = std::move(route.hops[1].service);
    phase_ = Phase::judging;
    return Step::identify;
}

void SapRouter::judged(bool good) {
    key_ = Secret();
    if (!good) {
        step_ = refuse(code::permission_denied, "the access key in the route is refused");
        return;
    }
    phase_ = Phase::target;
    step_ = Step::needs_more;
}

/// Only who is known learns whether a name could be a virtual host.
StreamHandshake::Step SapRouter::take_target() {
    const auto target = mappings::VirtualHost::parse(host_ + ":" + service_);
    if (!target) {
        const bool host_is_good = mappings::VirtualHost::parse(host_ + ":1").has_value();
        return host_is_good ? refuse(code::service_unknown, "the service is no port or sapgwNN")
                            : refuse(code::host_unknown, "this is no virtual host");
    }
    authority_ = target->text();
    return Step::connect;
}

StreamHandshake::Step SapRouter::refuse(std::int32_t code, std::string_view why) {
    Bytes frame;
    rfc::append_router_error(frame, {.code = code, .text = std::string(why)});
    reply_ += as_text(frame);
    fault_ = why;
    phase_ = Phase::over;
    return step_ = Step::refused;
}

void SapRouter::granted() {
    reply_ += as_text(rfc::pong_frame());
    phase_ = Phase::over;
}

void SapRouter::refused(StreamRefusal why) {
    switch (why) {
        case StreamRefusal::not_exposed:
            refuse(code::permission_denied, "the system is not exposed, or the agent refuses");
            return;
        case StreamRefusal::not_his:
            refuse(code::permission_denied, "the access key is not for this host");
            return;
        case StreamRefusal::no_agent:
            refuse(code::refused, "no agent is attached at the location of the access key");
            return;
        case StreamRefusal::unreachable:
            refuse(code::connection_refused, "the agent cannot reach the system");
            return;
        case StreamRefusal::unauthorized:
            refuse(code::permission_denied, "the access key is refused");
            return;
        case StreamRefusal::busy:
            refuse(code::too_many_clients, "too many clients at the moment: try again");
            return;
        case StreamRefusal::failed:
            break;
    }
    refuse(code::internal, "the stream could not be opened");
}

}  // namespace sallyport::hub
