#include "agent/top_view.hpp"

#include "daemon/json_text.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace sallyport::agent {
namespace {

namespace json = boost::json;
using daemon::number_at;
using daemon::object_at;
using daemon::text_at;

constexpr std::size_t rows_of_each_part = 5;  // that a small terminal shows at least

std::vector<const json::object*> entries(const json::object& facts, std::string_view key) {
    std::vector<const json::object*> all;
    for (const auto& entry : daemon::array_at(facts, key))
        if (entry.is_object()) all.push_back(&entry.get_object());
    return all;
}

/// "1.2 ms", "3.4 s" in 8 columns or so.
std::string time_text(std::uint64_t microseconds) {
    std::array<char, 32> text{};
    const auto us = static_cast<double>(microseconds);
    const int size = microseconds < 10'000'000
                         ? std::snprintf(text.data(), text.size(), "%.1f ms", us / 1e3)
                         : std::snprintf(text.data(), text.size(), "%.1f s", us / 1e6);
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string bytes_text(double bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s",
                                   bytes, units[unit]);
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string rate_text(double per_second) {
    std::array<char, 32> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.1f", per_second);
    return {text.data(), static_cast<std::size_t>(std::max(size, 0))};
}

/// Letters of UTF-8, each taken for one column; what is too long ends in "~".
std::string cell(std::string_view text, std::size_t width, bool right = false) {
    std::string out;
    std::size_t letters = 0;
    for (const char c : text) {
        const bool begins = (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
        if (begins && letters == width) {
            while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0U) == 0x80)
                out.pop_back();
            if (!out.empty()) out.back() = '~';
            return out;
        }
        if (begins) ++letters;
        out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;  // a line stays a line
    }
    const std::string blanks(width - letters, ' ');
    return right ? blanks + out : out + blanks;
}

/// A line of cells, cut at the right edge of the terminal.
class Line {
public:
    Line(const Paint& paint, std::size_t columns) : paint_(paint), left_(columns) {}

    Line& add(std::string_view text, std::size_t width, Tone tone = Tone::plain,
              bool right = false) {
        width = std::min(width, left_);
        if (width == 0) return *this;
        text_ += paint_(tone, cell(text, width, right));
        left_ -= width;
        if (left_ > 0) {
            text_ += ' ';
            --left_;
        }
        return *this;
    }
    Line& number(std::string_view text, std::size_t width, Tone tone = Tone::plain) {
        return add(text, width, tone, true);
    }
    /// The rest of the line.
    std::string rest(std::string_view text, Tone tone = Tone::plain) {
        return add(text, left_, tone).take();
    }
    std::string take() { return std::move(text_); }

private:
    const Paint& paint_;
    std::size_t left_;
    std::string text_;
};

/// Everything that a mapping has done so far.
struct Totals {
    std::uint64_t done = 0;
    std::uint64_t errors = 0;
    std::uint64_t bytes = 0;
};

Totals totals_of(const json::object& mapping) {
    Totals totals;
    for (const auto& [name, value] : object_at(mapping, "outcomes")) {
        const auto count = number_at(object_at(mapping, "outcomes"), name);
        totals.done += count;
        if (name != "answered") totals.errors += count;
    }
    totals.bytes = number_at(mapping, "request_bytes") + number_at(mapping, "response_bytes");
    return totals;
}

std::map<std::string, Totals> totals_by_name(const json::object& facts) {
    std::map<std::string, Totals> all;
    for (const auto* mapping : entries(facts, "mappings"))
        all[text_at(*mapping, "mapping")] = totals_of(*mapping);
    return all;
}

/// Makes the picture, part by part.
class View {
public:
    View(const TopSample& now, const std::optional<TopSample>& before, TopSize size,
         const Paint& paint)
        : now_(now), size_(size), paint_(paint) {
        if (!before) return;
        before_ = totals_by_name(before->facts);
        between_ = std::chrono::duration<double>(now.at - before->at).count();
        for (const auto* hub : entries(before->facts, "hubs"))
            for (const auto* link : entries(*hub, "links"))
                bytes_before_[link_key(*hub, *link)] =
                    number_at(*link, "bytes_in") + number_at(*link, "bytes_out");
    }

    std::vector<std::string> lines() {
        head();
        links();
        mappings();
        slowest();
        if (lines_.size() > size_.rows) lines_.resize(size_.rows);
        return std::move(lines_);
    }

private:
    Line line() const { return {paint_, size_.columns}; }
    void title(std::string_view text) {
        lines_.emplace_back();
        lines_.push_back(line().rest(text, Tone::strong));
    }
    static std::string link_key(const json::object& hub, const json::object& link) {
        return text_at(hub, "name") + " " + text_at(link, "link");
    }
    /// Lines that a part may have, besides its title, so that those below have room, too.
    std::size_t room(std::size_t parts_below) const {
        const auto kept = parts_below * (rows_of_each_part + 3) + lines_.size();
        return std::max(rows_of_each_part, size_.rows > kept ? size_.rows - kept : 0);
    }
    std::string rate(std::uint64_t now, std::uint64_t before) const {
        if (between_ <= 0) return "-";
        return rate_text(static_cast<double>(now >= before ? now - before : 0) / between_);
    }

    void head();
    void links();
    void mappings();
    void slowest();

    const TopSample& now_;
    TopSize size_;
    const Paint& paint_;
    std::map<std::string, Totals> before_;
    std::map<std::string, std::uint64_t> bytes_before_;
    double between_ = 0;  // seconds
    std::vector<std::string> lines_;
};

void View::head() {
    std::uint64_t running = 0;
    for (const auto* mapping : entries(now_.facts, "mappings"))
        running += number_at(*mapping, "running");
    auto text = "sallyport, up " + text_at(now_.facts, "seconds") + " s, " +
                std::to_string(running) + " exchanges running";
    if (daemon::flag_at(now_.facts, "draining", false)) text += ", DRAINING";
    lines_.push_back(line().rest(text, Tone::strong));
}

void View::links() {
    title("LINKS");
    lines_.push_back(line()
                         .add("hub", 16, Tone::faint)
                         .number("link", 4, Tone::faint)
                         .add("state", 9, Tone::faint)
                         .number("rtt", 10, Tone::faint)
                         .number("streams", 7, Tone::faint)
                         .number("bytes/s", 10, Tone::faint)
                         .rest("peer or error", Tone::faint));
    auto left = room(2);
    for (const auto* hub : entries(now_.facts, "hubs"))
        for (const auto* link : entries(*hub, "links")) {
            if (left-- == 0) return;
            const auto state = text_at(*link, "state");
            const auto bytes = number_at(*link, "bytes_in") + number_at(*link, "bytes_out");
            const auto before = bytes_before_.find(link_key(*hub, *link));
            const auto per_second =
                between_ <= 0 || before == bytes_before_.end() || bytes < before->second
                    ? std::string("-")
                    : bytes_text(static_cast<double>(bytes - before->second) / between_);
            const auto error = text_at(*link, "last_error");
            const bool is_up = state == "up";
            lines_.push_back(
                line()
                    .add(text_at(*hub, "name"), 16)
                    .number(text_at(*link, "link"), 4)
                    .add(state, 9, is_up ? Tone::good : Tone::bad)
                    .number(is_up ? time_text(number_at(*link, "round_trip_us")) : "-", 10)
                    .number(text_at(*link, "streams"), 7)
                    .number(per_second, 10)
                    .rest(error.empty() ? text_at(*link, "peer") : error,
                          error.empty() ? Tone::plain : Tone::bad));
        }
}

void View::mappings() {
    title("MAPPINGS");
    lines_.push_back(line()
                         .number("running", 7, Tone::faint)
                         .number("per s", 8, Tone::faint)
                         .number("errors/s", 8, Tone::faint)
                         .number("errors", 8, Tone::faint)
                         .number("bytes/s", 10, Tone::faint)
                         .number("back end", 9, Tone::faint)
                         .rest("mapping", Tone::faint));
    struct Row {
        const json::object* mapping;
        Totals totals;
        Totals before;
    };
    std::vector<Row> rows;
    for (const auto* mapping : entries(now_.facts, "mappings")) {
        const auto known = before_.find(text_at(*mapping, "mapping"));
        rows.push_back({mapping, totals_of(*mapping),
                        known == before_.end() ? totals_of(*mapping) : known->second});
    }
    // Those that do something first; then as the configuration orders them.
    std::ranges::stable_sort(rows, [](const Row& a, const Row& b) {
        const auto busy = [](const Row& row) {
            return std::pair(number_at(*row.mapping, "running"), row.totals.done - row.before.done);
        };
        return busy(a) > busy(b);
    });
    auto left = room(1);
    for (const auto& row : rows) {
        if (left-- == 0) return;
        const auto& pool = object_at(*row.mapping, "connections");
        const auto used =
            std::to_string(number_at(pool, "busy")) + "+" + std::to_string(number_at(pool, "idle"));
        const auto moved = row.totals.bytes >= row.before.bytes
                               ? row.totals.bytes - row.before.bytes
                               : std::uint64_t{0};
        lines_.push_back(
            line()
                .number(text_at(*row.mapping, "running"), 7)
                .number(rate(row.totals.done, row.before.done), 8)
                .number(rate(row.totals.errors, row.before.errors), 8,
                        row.totals.errors > row.before.errors ? Tone::bad : Tone::plain)
                .number(std::to_string(row.totals.errors), 8)
                .number(between_ <= 0 ? "-" : bytes_text(static_cast<double>(moved) / between_), 10)
                .number(used, 9)
                .rest(text_at(*row.mapping, "mapping")));
    }
}

void View::slowest() {
    title("SLOWEST (of the last minutes)");
    lines_.push_back(line()
                         .number("whole", 10, Tone::faint)
                         .number("policy", 9, Tone::faint)
                         .number("principal", 9, Tone::faint)
                         .number("audit", 9, Tone::faint)
                         .number("back end", 10, Tone::faint)
                         .number("ago", 6, Tone::faint)
                         .add("outcome", 12, Tone::faint)
                         .rest("what", Tone::faint));
    auto left = room(0);
    for (const auto* slow : entries(now_.facts, "slowest")) {
        if (left-- == 0) return;
        const auto outcome = text_at(*slow, "outcome");
        const bool is_good = outcome == "answered";
        lines_.push_back(line()
                             .number(time_text(number_at(*slow, "us")), 10, Tone::strong)
                             .number(time_text(number_at(*slow, "policy_us")), 9)
                             .number(time_text(number_at(*slow, "principal_us")), 9)
                             .number(time_text(number_at(*slow, "audit_us")), 9)
                             .number(time_text(number_at(*slow, "backend_us")), 10)
                             .number(text_at(*slow, "seconds_ago") + " s", 6)
                             .add(is_good ? text_at(*slow, "status") : outcome, 12,
                                  is_good ? Tone::plain : Tone::bad)
                             .rest(text_at(*slow, "method") + " " + text_at(*slow, "virtual_host") +
                                   text_at(*slow, "path")));
    }
}

}  // namespace

std::vector<std::string> top_lines(const TopSample& now, const std::optional<TopSample>& before,
                                   TopSize size, const Paint& paint) {
    View view(now, before, size, paint);
    return view.lines();
}

}  // namespace sallyport::agent
