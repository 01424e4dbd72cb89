#pragma once

#include "agent/backend.hpp"
#include "agent/connector.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace sallyport::agent {

/// The internal system of a mapping that carries streams of bytes. One connection per stream, at
/// most as many at once as the mapping allows; who comes then is refused (Errc::limit). The answer
/// is a 200 as soon as the system is connected; then bytes flow.
class StreamBackend final : public Backend {
public:
    static constexpr std::chrono::milliseconds connect_timeout_default{10'000};

    struct Options {
        /// A way to one internal port; called once for each port that is asked for.
        std::function<std::unique_ptr<Connector>(std::uint16_t port)> way;
        std::uint16_t first_virtual_port = 0;
        std::uint16_t first_internal_port = 0;
        std::uint32_t connections = 100;
        std::chrono::milliseconds idle_timeout{7'200'000};
        std::chrono::milliseconds connect_timeout = connect_timeout_default;
    };

    StreamBackend(net::Loop& loop, net::IdleSweep& sweep, Options options);

    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override;

private:
    Result<Connector*> way_to(std::string_view authority);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Options options_;
    std::unordered_map<std::uint16_t, std::unique_ptr<Connector>> ways_;  // by internal port
    std::uint32_t streams_ = 0;
};

}  // namespace sallyport::agent
