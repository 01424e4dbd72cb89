#include "mappings/moment.hpp"

#include "base/error.hpp"

#include <array>
#include <cstddef>
#include <ctime>
#include <optional>

namespace sallyport::mappings {
namespace {

constexpr int year_first = 1970;
constexpr int year_last = 2199;  // far enough, and a Moment in nanoseconds can hold it

/// Takes a text apart from its front.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<int> digits(std::size_t count) {
        if (text_.size() < count) return std::nullopt;
        int value = 0;
        for (const char c : text_.substr(0, count)) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(count);
        return value;
    }
    /// Digits that stand behind `mark`, from 0 to `max`.
    std::optional<int> part(char mark, int max) {
        if (!take(mark)) return std::nullopt;
        const auto value = digits(2);
        return value && *value <= max ? value : std::nullopt;
    }
    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    /// Parts of a second, if there are any. False for a full stop with nothing behind it.
    bool skip_fraction() {
        if (!take('.')) return true;
        const auto end = text_.find_first_not_of("0123456789");
        if (end == 0 || text_.empty()) return false;
        text_.remove_prefix(end == std::string_view::npos ? text_.size() : end);
        return true;
    }
    bool is_at_end() const { return text_.empty(); }

private:
    std::string_view text_;
};

/// How far local time is ahead of UTC.
std::optional<std::chrono::minutes> read_offset(Reader& reader) {
    if (reader.take('Z') || reader.take('z')) return std::chrono::minutes(0);
    const bool ahead = reader.take('+');
    if (!ahead && !reader.take('-')) return std::nullopt;
    const auto hours = reader.digits(2);
    const auto minutes = reader.part(':', 59);
    if (!hours || *hours > 23 || !minutes) return std::nullopt;
    const std::chrono::minutes offset(*hours * 60 + *minutes);
    return ahead ? offset : -offset;
}

std::optional<Moment> read_moment(std::string_view text) {
    Reader reader(text);
    const auto year = reader.digits(4);
    const auto month = reader.part('-', 12);
    const auto day = reader.part('-', 31);
    if (!year || !month || !day || *year < year_first || *year > year_last) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    const auto hour = reader.part('T', 23);
    const auto minute = reader.part(':', 59);
    const auto second = reader.part(':', 60);  // a leap second
    if (!date.ok() || !hour || !minute || !second || !reader.skip_fraction()) return std::nullopt;
    const auto offset = read_offset(reader);
    if (!offset || !reader.is_at_end()) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second) - *offset;
}

}  // namespace

Result<Moment> parse_moment(std::string_view text) {
    const auto moment = read_moment(text);
    if (moment && *moment >= Moment()) return *moment;
    return Error{Errc::malformed,
                 "must be a time like \"2026-12-31T18:00:00Z\" or \"2026-12-31T19:00:00+01:00\""};
}

std::string to_text(Moment moment) {
    const auto time = std::chrono::system_clock::to_time_t(moment);
    std::tm date{};
    std::array<char, 32> text{};
    ::gmtime_r(&time, &date);
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &date)};
}

}  // namespace sallyport::mappings
