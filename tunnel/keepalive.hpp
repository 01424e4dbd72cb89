#pragma once

#include <chrono>

namespace sallyport::tunnel {

/// When to ask whether the peer is still there, and when to call a link dead. What counts is
/// *received* bytes: a peer that can be written to but says nothing is gone. Pure: time comes in.
class Keepalive {
public:
    using Time = std::chrono::steady_clock::time_point;
    struct Settings {
        std::chrono::milliseconds interval{15'000};  // of silence before a ping
        std::chrono::milliseconds patience{10'000};  // for anything to arrive after it
    };
    enum class Action { wait, ping, dead };

    Keepalive(Settings settings, Time now) : settings_(settings), heard_(now) {}

    void received(Time now) {
        heard_ = now;
        asked_ = false;
    }
    /// What to do now. After `ping` the ping counts as sent.
    Action due(Time now) {
        if (!asked_) {
            if (now < heard_ + settings_.interval) return Action::wait;
            asked_ = true;
            asked_at_ = now;
            return Action::ping;
        }
        return now >= asked_at_ + settings_.patience ? Action::dead : Action::wait;
    }
    /// When due() may next say something else than `wait`, if nothing is received.
    Time next() const {
        return asked_ ? asked_at_ + settings_.patience : heard_ + settings_.interval;
    }

private:
    Settings settings_;
    Time heard_;
    Time asked_at_{};
    bool asked_ = false;
};

}  // namespace sallyport::tunnel
