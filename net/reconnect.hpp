#pragma once

#include <algorithm>
#include <chrono>

namespace sallyport::net {

/// How long to wait before dialling again: "full jitter", a random time between zero and a ceiling
/// that doubles with each failure, so that thousands do not come back in the same moment. A
/// connection that lived long enough, or whose other end restarts as planned, starts over. Pure:
/// dice and times come in.
class Reconnect {
public:
    struct Settings {
        std::chrono::milliseconds first{250};
        std::chrono::milliseconds ceiling{30'000};
        std::chrono::milliseconds healthy_after{10'000};
    };
    explicit Reconnect(Settings settings) : settings_(settings), limit_(settings.first) {}

    /// What it was that ended.
    struct Ended {
        std::chrono::milliseconds lived{0};  // how long it was up, 0 if it never was
        bool planned = false;                // the other end said that it restarts
    };

    /// `dice`: uniform in [0, 1).
    std::chrono::milliseconds next_delay(double dice, Ended ended) {
        if (ended.planned || ended.lived >= settings_.healthy_after) limit_ = settings_.first;
        const auto limit = limit_;
        limit_ = std::min(settings_.ceiling, limit_ * 2);
        return std::chrono::milliseconds(
            static_cast<std::chrono::milliseconds::rep>(dice * static_cast<double>(limit.count())));
    }

private:
    Settings settings_;
    std::chrono::milliseconds limit_;
};

}  // namespace sallyport::net
