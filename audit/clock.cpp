#include "audit/clock.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <array>
#include <ctime>

namespace sallyport::audit {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

nanoseconds read_clock(clockid_t id) {
    timespec time{};
    ::clock_gettime(id, &time);
    return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

class SystemClock final : public Clock {
public:
    Instant now() override {
        return {
            .wall = WallTime(std::chrono::duration_cast<microseconds>(read_clock(CLOCK_REALTIME))),
            .mono = read_clock(CLOCK_BOOTTIME)};
    }
};

/// Writes `value` with leading zeros into the `width` characters at `at`.
void put(char* at, int width, std::int64_t value) {
    for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

/// Takes a decimal number of exactly `width` digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    const auto number = parse_decimal(text.substr(0, width));
    if (!number) return std::nullopt;
    text.remove_prefix(width);
    return static_cast<int>(*number);
}

bool take_character(std::string_view& text, char expected) {
    if (text.empty() || to_lower(text.front()) != expected) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take_character(text, '-')) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take_character(text, '-')) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

/// `hh:mm`, below 24 hours.
std::optional<std::chrono::minutes> take_hours_and_minutes(std::string_view& text) {
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take_character(text, ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
}

std::optional<microseconds> take_fraction(std::string_view& text) {
    constexpr std::size_t digits_max = 9;
    microseconds fraction{0};
    microseconds unit{100'000};
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
        fraction += unit * (text.front() - '0');
        unit /= 10;
        text.remove_prefix(1);
    }
    if (digits == 0 || digits > digits_max) return std::nullopt;
    return fraction;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take_character(text, 'z')) return std::chrono::minutes(0);
    const bool ahead = take_character(text, '+');
    if (!ahead && !take_character(text, '-')) return std::nullopt;
    const auto offset = take_hours_and_minutes(text);
    if (!offset) return std::nullopt;
    return ahead ? *offset : -*offset;
}

std::optional<WallTime> take_time(std::string_view& text) {
    const auto date = take_date(text);
    if (!date || !take_character(text, 't')) return std::nullopt;
    const auto minutes = take_hours_and_minutes(text);
    if (!minutes || !take_character(text, ':')) return std::nullopt;
    const auto second = take_number(text, 2);
    if (!second || *second > 60) return std::nullopt;  // 60: a leap second
    microseconds fraction{0};
    if (take_character(text, '.')) {
        const auto digits = take_fraction(text);
        if (!digits) return std::nullopt;
        fraction = *digits;
    }
    const auto offset = take_offset(text);
    if (!offset) return std::nullopt;
    return WallTime(*date) + *minutes + seconds(*second) + fraction - *offset;
}

}  // namespace

Clock& Clock::system() {
    static SystemClock clock;
    return clock;
}

std::string_view TimeText::at(WallTime time) {
    const auto second = std::chrono::floor<seconds>(time);
    if (text_.empty() || second != second_) {
        second_ = second;
        text_ = to_rfc3339(time);
    } else {
        put(text_.data() + fraction_at, 6, (time - second).count());
    }
    return text_;
}

void append_rfc3339(std::string& out, WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const auto since = time - day;
    const auto whole = std::chrono::duration_cast<seconds>(since);
    std::array<char, 27> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':',
                              '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 'Z'};
    put(&text[0], 4, static_cast<int>(date.year()));
    put(&text[5], 2, static_cast<unsigned>(date.month()));
    put(&text[8], 2, static_cast<unsigned>(date.day()));
    put(&text[11], 2, whole.count() / 3600);
    put(&text[14], 2, whole.count() / 60 % 60);
    put(&text[17], 2, whole.count() % 60);
    put(&text[20], 6, (since - whole).count());
    out.append(text.data(), text.size());
}

std::string to_rfc3339(WallTime time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

Result<WallTime> parse_rfc3339(std::string_view text) {
    auto rest = text;
    const auto time = take_time(rest);
    if (!time || !rest.empty())
        return Error{Errc::malformed, "\"" + std::string(text) +
                                          "\" is not a time like 2025-03-01T12:00:00Z (RFC 3339)"};
    return *time;
}

std::optional<microseconds> ClockWatch::observe(Instant now) {
    const auto before = std::exchange(last_, now);
    if (!before) return std::nullopt;
    const auto passed = std::chrono::duration_cast<microseconds>(now.mono - before->mono);
    const auto step = (now.wall - before->wall) - passed;
    const auto slew = passed / (1'000'000 / slew_parts_per_million);
    if (std::chrono::abs(step) <= step_min + slew) return std::nullopt;
    return step;
}

}  // namespace sallyport::audit
