#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// How long the steps of an exchange took; zero for those it did not come to.
struct ExchangeTimes {
    using Duration = std::chrono::steady_clock::duration;
    Duration policy{};     // until the mapping and a rule had said yes or no
    Duration principal{};  // until it was known as whom the back end sees the caller
    Duration audit{};      // until the begin was safe
    Duration head{};       // of the back end: until the head of its answer
    Duration backend{};    // until all was passed on
    Duration whole{};
};

/// One exchange, for whoever asks why things are slow.
struct SlowExchange {
    std::string exchange;
    std::string virtual_host;
    std::string method;
    std::string path;  // without the query, cut
    std::string_view outcome{};
    int status = 0;
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::chrono::steady_clock::time_point ended{};
    ExchangeTimes times;
};

/// The slowest of the exchanges that ended within the last minutes, of one worker. Pure: time comes
/// in. What is not slow enough costs a comparison.
class SlowExchanges {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t slow_exchanges_max = 20;
    static constexpr std::chrono::minutes slow_exchange_age_max{5};
    static constexpr std::size_t slow_path_bytes_max = 256;

    struct Ended {
        std::string_view exchange;
        std::string_view virtual_host;
        std::string_view method;
        std::string_view path;
        std::string_view outcome;  // a literal
        int status;
        std::uint64_t request_bytes;
        std::uint64_t response_bytes;
        const ExchangeTimes& times;
    };

    void add(const Ended& ended, Time now) {
        if (count_ == slow_exchanges_max && ended.times.whole <= fastest_ && now < first_leaves_)
            return;
        keep(ended, now);
    }
    /// The slowest first.
    std::vector<SlowExchange> list(Time now) const;

private:
    void keep(const Ended& ended, Time now);
    void forget_old(Time now);

    std::array<SlowExchange, slow_exchanges_max> kept_;  // the first `count_`, in no order
    std::size_t count_ = 0;
    std::chrono::steady_clock::duration fastest_{};  // of them
    Time first_leaves_{};                            // when the oldest is too old
};

}  // namespace sallyport::agent
