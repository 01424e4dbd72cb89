// What a mapping says of itself at a given time, beside what it exposes.
#pragma once

#include "mappings/mapping.hpp"
#include "mappings/moment.hpp"

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

/// Why a mapping lets nothing through. The first two: as if it were not there.
enum class Closing { none, disabled, expired, maintenance };

/// Pure. One that is both disabled or expired and in maintenance is not there.
Closing closing_of(const Mapping& mapping, Moment now);

/// Whether callers are told that there is such a mapping.
bool is_there(const Mapping& mapping, Moment now);

/// As records name it: "mapping_disabled", "mapping_expired", "maintenance"; empty for none.
std::string_view to_text(Closing closing);

/// How long before something expires `check` and `status` begin to warn.
inline constexpr std::chrono::hours expiry_notice{14 * 24};

/// Mappings and enabled rules that have expired or will soon, and mappings in maintenance: one line
/// each, for people.
std::vector<std::string> exposure_warnings(std::span<const Mapping> mappings, Moment now);

/// "in 3 days", "in 5 hours", "in 10 minutes", "2 days ago"
std::string describe_distance(Moment moment, Moment now);

}  // namespace sallyport::mappings
