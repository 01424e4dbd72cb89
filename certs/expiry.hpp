// When somebody must hear that a certificate ends: arithmetic on times that are handed in.
#pragma once

#include "certs/renewal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::certs {

/// Who sees to it that there is another certificate in time.
enum class RenewedBy { hand, itself };

/// How pressing it is; later ones are worse. A certificate that is renewed by hand passes the four
/// of a date, one that renews itself those of its health.
enum class ExpiryLevel { none, days_30, days_14, days_7, days_1, late, critical, expired };

/// "", "30 days", "14 days", "7 days", "1 day", "late", "critical", "expired".
std::string_view to_text(ExpiryLevel level);

/// By hand: 30, 14, 7 and 1 days before the end, the length of the life does not matter. By itself:
/// late from 75 % of the life or after 3 failed renewals in a row, critical from 90 %.
ExpiryLevel judge_expiry(const Life& life, RenewedBy by, Time now, std::uint32_t failures);

/// Whether somebody must act now; below that it is still time to plan.
bool is_urgent(ExpiryLevel level);

/// "ends in 12 days", "ends in 5 hours", "has ended 3 minutes ago".
std::string time_left(const Life& life, Time now);

}  // namespace sallyport::certs
