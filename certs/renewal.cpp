#include "certs/renewal.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace sallyport::certs {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr double first_retry_share = 1.0 / 200;
constexpr double last_retry_share = 1.0 / 20;
constexpr milliseconds retry_min{100};
constexpr milliseconds retry_max = std::chrono::hours(1);
constexpr std::uint32_t doublings_max = 16;

nanoseconds share_of(const Life& life, double share) {
    return nanoseconds(std::llround(static_cast<double>(life.length().count()) * share));
}

milliseconds bounded(nanoseconds time) {
    return std::clamp(std::chrono::duration_cast<milliseconds>(time), retry_min, retry_max);
}

}  // namespace

Life Life::of(const Certificate& certificate, Time prepared) {
    return {std::clamp(prepared, certificate.not_before(), certificate.not_after()),
            certificate.not_after()};
}

double Life::spent(Time now) const {
    if (length().count() <= 0) return 1;
    return static_cast<double>(nanoseconds(now - issued).count()) /
           static_cast<double>(length().count());
}

double dice_of(const Certificate& certificate) {
    constexpr int bits = 53;  // as many as a double holds
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(number); ++i)
        number = (number << 8U) | std::to_integer<std::uint64_t>(certificate.fingerprint().at(i));
    return std::ldexp(static_cast<double>(number >> (64 - bits)), -bits);
}

Time renewal_time(const Life& life, double dice) {
    const auto share = renewal_share_first + (renewal_share_last - renewal_share_first) * dice;
    return life.issued + std::chrono::duration_cast<Time::duration>(share_of(life, share));
}

milliseconds retry_delay(const Life& life, std::uint32_t failures, double dice) {
    const auto doublings = std::min(std::max(failures, 1U) - 1, doublings_max);
    const auto first = bounded(share_of(life, first_retry_share));
    const auto last = bounded(share_of(life, last_retry_share));
    const auto limit = std::min<milliseconds>(last, first * (std::int64_t{1} << doublings));
    const auto half = limit / 2;
    return half + milliseconds(std::llround(static_cast<double>((limit - half).count()) * dice));
}

std::string_view to_text(RenewalHealth health) {
    switch (health) {
        case RenewalHealth::good:
            return "good";
        case RenewalHealth::late:
            return "late";
        case RenewalHealth::critical:
            return "critical";
        case RenewalHealth::expired:
            break;
    }
    return "expired";
}

RenewalHealth judge_renewal(const Life& life, Time now, std::uint32_t failures) {
    if (now >= life.not_after) return RenewalHealth::expired;
    const auto spent = life.spent(now);
    if (spent >= critical_share) return RenewalHealth::critical;
    if (spent >= late_share || failures >= failures_until_warning) return RenewalHealth::late;
    return RenewalHealth::good;
}

Moment moment_now() {
    timespec since_boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    return {std::chrono::system_clock::now(),
            std::chrono::seconds(since_boot.tv_sec) + nanoseconds(since_boot.tv_nsec)};
}

RenewalSchedule::RenewalSchedule(const Life& life, double dice, const Moment& now)
    : life_(life),
      wall_(renewal_time(life, dice)),
      boot_(now.boot + std::max<nanoseconds>(nanoseconds(0), wall_ - now.wall)) {}

bool RenewalSchedule::is_due(const Moment& now) const {
    if (now.boot >= boot_) return true;
    return failures_ == 0 && now.wall >= wall_;
}

void RenewalSchedule::hasten(const Moment& now, nanoseconds within, double dice) {
    const nanoseconds wait(std::llround(static_cast<double>(within.count()) * dice));
    boot_ = std::min(boot_, now.boot + wait);
}

void RenewalSchedule::failed(const Moment& now, double dice, nanoseconds at_least) {
    ++failures_;
    boot_ = now.boot + std::max<nanoseconds>(at_least, retry_delay(life_, failures_, dice));
}

Time RenewalSchedule::next(const Moment& now) const {
    const auto by_boot = now.wall + std::chrono::duration_cast<Time::duration>(
                                        std::max<nanoseconds>(nanoseconds(0), boot_ - now.boot));
    return failures_ == 0 ? std::min(std::max(wall_, now.wall), by_boot) : by_boot;
}

}  // namespace sallyport::certs
