#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::hub {

/// What one cloud client may take from the others: requests at once, and requests broken off.
/// Breaking off is limited because each one becomes a RST_STREAM on a link that all clients share,
/// and HTTP/2 implementations end a connection that sees too many (docs/LIMITS.md). Pure: time
/// comes in. One per worker, so a limit holds per worker.
class ClientLimits {
public:
    using Time = std::chrono::steady_clock::time_point;
    struct Settings {
        std::uint32_t requests_max = 2'000;  // under way at once
        double aborts_per_second = 50;       // sustained
        double aborts_burst = 200;           // at once
        std::size_t clients_max = 10'000;    // remembered; idle ones are forgotten first
        bool operator==(const Settings&) const = default;
    };
    enum class Verdict { admitted, too_many_requests, too_many_aborts };

    /// What is remembered of one client; stable while a request of it is under way.
    struct Client {
        std::uint32_t under_way = 0;
        double aborts_left = 0;
        Time refilled{};
    };

    explicit ClientLimits(Settings settings) : settings_(settings) {}

    /// From the next request on.
    void use(Settings settings) { settings_ = settings; }

    /// May this client begin a request now? If so `client` stays valid until done().
    Verdict admit(std::string_view client_id, Time now, Client*& client);
    /// The request is over; `aborted` if the client broke it off.
    void done(Client& client, bool aborted, Time now);

    std::size_t clients() const { return clients_.size(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    void refill(Client& client, Time now) const;
    void forget_idle(Time now);

    Settings settings_;
    std::unordered_map<std::string, Client, Hash, std::equal_to<>> clients_;
};

}  // namespace sallyport::hub
