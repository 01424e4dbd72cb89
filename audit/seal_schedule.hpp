#pragma once

#include <chrono>

namespace sallyport::audit {

/// When the log is sealed: whenever there is something new and the sealer looks, and now and then
/// though there is nothing, so that silence is on record. Time comes in.
class SealSchedule {
public:
    enum class Turn {
        rest,
        seal,
        heartbeat  // a record that says that nothing happened, then a seal
    };

    /// `heartbeat` zero: never.
    explicit SealSchedule(std::chrono::nanoseconds heartbeat) : heartbeat_(heartbeat) {}

    Turn decide(std::chrono::nanoseconds now, bool something_new) const {
        if (something_new) return Turn::seal;
        const bool silent = heartbeat_.count() > 0 && now - sealed_at_ >= heartbeat_;
        return silent ? Turn::heartbeat : Turn::rest;
    }
    void sealed(std::chrono::nanoseconds now) { sealed_at_ = now; }

private:
    std::chrono::nanoseconds heartbeat_;
    std::chrono::nanoseconds sealed_at_{0};
};

}  // namespace sallyport::audit
