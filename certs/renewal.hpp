// When a certificate is renewed: arithmetic on times that are handed in, no clock of its own.
#pragma once

#include "certs/certificate.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::certs {

/// From where in its life a certificate is renewed, and up to where.
inline constexpr double renewal_share_first = 0.50;
inline constexpr double renewal_share_last = 0.66;
/// From here on a certificate that should have renewed itself is somebody's business.
inline constexpr double late_share = 0.75;
inline constexpr double critical_share = 0.90;
inline constexpr std::uint32_t failures_until_warning = 3;

/// What counts of a certificate: back-dating made it begin before it was issued.
struct Life {
    Time issued;
    Time not_after;

    /// `prepared` is when its owner got it, by its own clock: a clock that was wrong then must not
    /// move the issue out of the certificate's dates.
    static Life of(const Certificate& certificate, Time prepared);
    std::chrono::nanoseconds length() const { return not_after - issued; }
    /// 0 at the issue, 1 at the end.
    double spent(Time now) const;
};

/// The same number in [0, 1) for the same certificate, another for each other one: so a restart
/// neither moves the renewal nor makes all agents renew together.
double dice_of(const Certificate& certificate);

/// Issue plus 50 to 66 % of the life.
Time renewal_time(const Life& life, double dice);

/// How long to wait after the given number of failures (at least 1): doubles from 1/200 up to 1/20
/// of the life, never more than an hour, of which dice in [0, 1) takes the upper half.
std::chrono::milliseconds retry_delay(const Life& life, std::uint32_t failures, double dice);

enum class RenewalHealth { good, late, critical, expired };
std::string_view to_text(RenewalHealth health);
RenewalHealth judge_renewal(const Life& life, Time now, std::uint32_t failures);

/// Two clocks at one moment: what the wall shows, which anybody may set, and the time since boot
/// (CLOCK_BOOTTIME), which counts sleep and is never set.
struct Moment {
    Time wall;
    std::chrono::nanoseconds boot{0};
};
/// Reads both.
Moment moment_now();

/// When the next attempt is due. Whichever clock gets there first decides: a wall clock that is set
/// back does not put a renewal off, and one that was wrong at the start does no harm once it is
/// right.
class RenewalSchedule {
public:
    RenewalSchedule(const Life& life, double dice, const Moment& now);

    bool is_due(const Moment& now) const;
    /// Attempt now, or at a moment of the next `within` that the dice choose; never later than
    /// planned.
    void hasten(const Moment& now, std::chrono::nanoseconds within, double dice);
    /// At least `at_least` passes before the next attempt (a Retry-After).
    void failed(const Moment& now, double dice, std::chrono::nanoseconds at_least = {});

    const Life& life() const { return life_; }
    std::uint32_t failures() const { return failures_; }
    /// Of the next attempt, by the wall clock of now.
    Time next(const Moment& now) const;

private:
    Life life_;
    Time wall_;                      // planned; a retry goes by the other clock alone
    std::chrono::nanoseconds boot_;  // the same moment
    std::uint32_t failures_ = 0;
};

}  // namespace sallyport::certs
