#pragma once

#include "base/secret.hpp"
#include "hub/stream_handshake.hpp"

#include <cstdint>

namespace sallyport::rfc {
struct RouteRequest;
}

namespace sallyport::hub {

/// What a SAProuter hears of its clients, so that whatever speaks RFC reaches virtual hosts
/// (docs/PROTOCOL.md#saprouter): one frame with a route of two hops, this hub and a virtual host.
/// The password is an access key. Nothing is ever resolved, dialled or routed further here.
class SapRouter final : public StreamHandshake {
public:
    /// Of the frame with the route; 24 bytes, and two hops of at most 3 * 256.
    static constexpr std::size_t route_frame_bytes_max = std::size_t{2} * 1024;

    Step read(std::string_view bytes, std::size_t& used) override;
    std::string_view protocol() const override { return "saprouter"; }
    Credential credential_kind() const override { return Credential::access_key; }
    std::string_view credential() const override { return key_.reveal(); }
    std::string_view location() const override { return {}; }
    void judged(bool good) override;
    std::string_view authority() const override { return authority_; }
    void granted() override;
    void refused(StreamRefusal why) override;
    std::string_view fault() const override { return fault_; }

private:
    enum class Phase { route, judging, target, over };
    Step read_frame(std::string_view payload);
    Step take_key(rfc::RouteRequest& route);
    Step take_target();
    Step refuse(std::int32_t code, std::string_view why);

    Phase phase_ = Phase::route;
    Step step_ = Step::needs_more;
    Secret key_;
    std::string host_;
    std::string service_;
    std::string authority_;
    std::string_view fault_;  // a literal
};

}  // namespace sallyport::hub
