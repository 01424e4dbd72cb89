#include "http/date.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sallyport::http {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";

std::optional<unsigned> digits(std::string_view text) {
    if (!std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return {};
    const auto number = parse_decimal(text);
    if (!number) return {};
    return static_cast<unsigned>(*number);
}

}  // namespace

std::string write_date(sys_seconds time) {
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    std::array<char, 64> text{};
    const auto month = month_names.at(static_cast<unsigned>(date.month()) - 1);
    const auto name = day_names.at(weekday(day).c_encoding());
    const int size = std::snprintf(
        text.data(), text.size(), "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", name.data(),
        static_cast<unsigned>(date.day()), month.data(), static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::optional<sys_seconds> read_date(std::string_view text) {
    if (text.size() != form.size()) return {};
    const auto* month = std::ranges::find(month_names, text.substr(8, 3));
    const auto day = digits(text.substr(5, 2));
    const auto year_number = digits(text.substr(12, 4));
    const auto hour = digits(text.substr(17, 2));
    const auto minute = digits(text.substr(20, 2));
    const auto second = digits(text.substr(23, 2));
    if (month == month_names.end() || !day || !year_number || !hour || !minute || !second ||
        *hour > 23 || *minute > 59 || *second > 60)
        return {};
    const year_month_day date(
        year(static_cast<int>(*year_number)),
        std::chrono::month(static_cast<unsigned>(month - month_names.begin()) + 1),
        std::chrono::day(*day));
    if (!date.ok()) return {};
    const auto time =
        sys_seconds(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second);
    // The name of the day and the marks between: only what we would write ourselves.
    if (*second < 60 && write_date(time) != text) return {};
    return time;
}

}  // namespace sallyport::http
