#include "daemon/moment.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <string>

namespace sallyport::daemon {
namespace {

constexpr std::uint64_t ago_seconds_max = std::uint64_t{100} * 366 * 86'400;

}  // namespace

Result<audit::WallTime> parse_moment(std::string_view text, audit::WallTime now) {
    constexpr std::size_t day_length = 10;
    if (auto time = audit::parse_rfc3339(text)) return time;
    if (text.size() == day_length)
        if (auto day = audit::parse_rfc3339(std::string(text) + "T00:00:00Z")) return day;
    const Error wrong{Errc::malformed,
                      "\"" + std::string(text) +
                          "\" is no time: write 2025-03-01T12:00:00Z, 2025-03-01, or how long ago, "
                          "e.g. 90s, 15m, 6h or 7d"};
    if (text.empty()) return wrong;
    const auto unit = text.back();
    const auto count = parse_decimal(text.substr(0, text.size() - 1));
    const std::uint64_t seconds = unit == 's'   ? 1
                                  : unit == 'm' ? 60
                                  : unit == 'h' ? 3600
                                  : unit == 'd' ? 86'400
                                                : 0;
    if (!count || seconds == 0 || *count > ago_seconds_max / seconds) return wrong;
    return now - std::chrono::seconds(*count * seconds);
}

}  // namespace sallyport::daemon
