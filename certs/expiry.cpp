#include "certs/expiry.hpp"

#include <array>
#include <utility>

namespace sallyport::certs {
namespace {

using std::chrono::days;

constexpr std::array<std::pair<days, ExpiryLevel>, 4> steps{{{days(1), ExpiryLevel::days_1},
                                                             {days(7), ExpiryLevel::days_7},
                                                             {days(14), ExpiryLevel::days_14},
                                                             {days(30), ExpiryLevel::days_30}}};

ExpiryLevel of_health(RenewalHealth health) {
    switch (health) {
        case RenewalHealth::good:
            return ExpiryLevel::none;
        case RenewalHealth::late:
            return ExpiryLevel::late;
        case RenewalHealth::critical:
            return ExpiryLevel::critical;
        case RenewalHealth::expired:
            break;
    }
    return ExpiryLevel::expired;
}

/// In the largest unit of which there is at least one.
std::string in_words(std::chrono::seconds time) {
    constexpr std::array<std::pair<std::chrono::seconds, std::string_view>, 4> units{
        {{days(1), "day"},
         {std::chrono::hours(1), "hour"},
         {std::chrono::minutes(1), "minute"},
         {std::chrono::seconds(1), "second"}}};
    for (const auto& [unit, name] : units) {
        const auto count = time / unit;
        if (count == 0 && unit.count() > 1) continue;
        return std::to_string(count) + " " + std::string(name) + (count == 1 ? "" : "s");
    }
    return {};
}

}  // namespace

std::string_view to_text(ExpiryLevel level) {
    switch (level) {
        case ExpiryLevel::none:
            return "";
        case ExpiryLevel::days_30:
            return "30 days";
        case ExpiryLevel::days_14:
            return "14 days";
        case ExpiryLevel::days_7:
            return "7 days";
        case ExpiryLevel::days_1:
            return "1 day";
        case ExpiryLevel::late:
            return "late";
        case ExpiryLevel::critical:
            return "critical";
        case ExpiryLevel::expired:
            break;
    }
    return "expired";
}

ExpiryLevel judge_expiry(const Life& life, RenewedBy by, Time now, std::uint32_t failures) {
    if (by == RenewedBy::itself) return of_health(judge_renewal(life, now, failures));
    if (now >= life.not_after) return ExpiryLevel::expired;
    for (const auto& [before, level] : steps)
        if (life.not_after - now <= before) return level;
    return ExpiryLevel::none;
}

bool is_urgent(ExpiryLevel level) {
    return level != ExpiryLevel::none && level != ExpiryLevel::days_30 &&
           level != ExpiryLevel::days_14 && level != ExpiryLevel::late;
}

std::string time_left(const Life& life, Time now) {
    const auto left = std::chrono::floor<std::chrono::seconds>(life.not_after - now);
    if (left.count() >= 0) return "ends in " + in_words(left);
    return "has ended " + in_words(-left) + " ago";
}

}  // namespace sallyport::certs
