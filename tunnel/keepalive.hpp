#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace sallyport::tunnel {

/// When to ask whether the peer is still there, and when to call a link dead. What counts is
/// *received* bytes: a peer that can be written to but says nothing is gone. It also asks a busy
/// peer, because the answer tells the round trip. Pure: time and dice come in.
class Keepalive {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;
    struct Settings {
        std::chrono::milliseconds interval{15'000};  // from one ping to the next
        std::chrono::milliseconds patience{10'000};  // for anything to arrive after one
    };
    enum class Action { wait, ping, dead };

    /// The first ping is due at once, the second after a part of the interval that `dice` (uniform
    /// in [0, 1)) chooses: links that were made in the same second do not ping in the same second.
    Keepalive(Settings settings, Time now, double dice)
        : settings_(settings),
          next_ping_(now),
          step_(std::chrono::duration_cast<Duration>(settings.interval * dice)) {}

    void received() { unanswered_.reset(); }

    /// What to do now. After `ping` the ping counts as sent.
    Action due(Time now) {
        if (unanswered_ && now >= *unanswered_ + settings_.patience) return Action::dead;
        if (now < next_ping_) return Action::wait;
        next_ping_ = now + step_;
        step_ = settings_.interval;
        if (!unanswered_) unanswered_ = now;
        return Action::ping;
    }
    /// When due() may next say something else than `wait`, if nothing is received.
    Time next() const {
        return unanswered_ ? std::min(next_ping_, *unanswered_ + settings_.patience) : next_ping_;
    }

private:
    Settings settings_;
    Time next_ping_;
    Duration step_;
    std::optional<Time> unanswered_;  // when we asked, while nothing has arrived since
};

}  // namespace sallyport::tunnel
