#pragma once

#include "mappings/moment.hpp"
#include "net/idle_sweep.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace sallyport::agent {

/// Tells once when a moment of the wall clock has come, which may be set: it is looked at every
/// `clock_look`.
class ExpiryWatch final : private net::IdleSweep::Watched {
public:
    static constexpr std::chrono::milliseconds clock_look{1'000};

    ExpiryWatch(net::IdleSweep& sweep, std::function<void()> expired)
        : sweep_(sweep), expired_(std::move(expired)) {}

    /// Nothing: never. Another moment may be set later, also behind one that has come.
    void set(std::optional<mappings::Moment> moment) {
        moment_ = moment;
        if (moment_)
            look_later();
        else
            sweep_.remove(*this);
    }
    bool has_come() const { return moment_ && std::chrono::system_clock::now() >= *moment_; }

private:
    void look_later() {
        using std::chrono::milliseconds;
        const auto now = std::chrono::system_clock::now();
        const auto left = std::min(*moment_, now + clock_look) - now;
        const auto wait = std::chrono::ceil<milliseconds>(left);
        sweep_.add(*this, net::deadline_in(std::max(wait, milliseconds(0))));
    }
    void on_deadline() override {
        if (has_come())
            expired_();
        else
            look_later();
    }

    net::IdleSweep& sweep_;
    std::function<void()> expired_;
    std::optional<mappings::Moment> moment_{};
};

}  // namespace sallyport::agent
