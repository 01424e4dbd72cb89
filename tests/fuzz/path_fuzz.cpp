// Whenever a request is allowed, what a back end makes of its path must lie below the path of the
// rule. The back ends here are written after real servers and share no code with the decision.
#include "mappings/table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace sallyport::mappings;
using Segments = std::vector<std::string>;

[[noreturn]] void fail(const char* what, std::string_view target, std::string_view reading) {
    std::fprintf(stderr, "%s: \"%.*s\" read as \"%.*s\"\n", what, static_cast<int>(target.size()),
                 target.data(), static_cast<int>(reading.size()), reading.data());
    std::abort();
}

int digit(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto at = digits.find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::string decoded(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        if (path.size() >= 3 && path[0] == '%' && digit(path[1]) >= 0 && digit(path[2]) >= 0) {
            out += static_cast<char>(digit(path[1]) * 16 + digit(path[2]));
            path.remove_prefix(3);
            continue;
        }
        out += path[0];
        path.remove_prefix(1);
    }
    return out;
}

Segments split(std::string_view path) {
    Segments segments(1);
    for (const char c : path) {
        if (c == '/' || c == '\\')
            segments.emplace_back();
        else
            segments.back() += c;
    }
    return segments;
}

std::string joined(const Segments& segments) {
    std::string out;
    for (const auto& segment : segments) out += (out.empty() ? "" : "/") + segment;
    return out.empty() || out.front() != '/' ? "/" + out : out;
}

std::string cut_each(std::string_view path) {
    auto segments = split(path);
    for (auto& segment : segments) segment = segment.substr(0, segment.find(';'));
    return joined(segments);
}

std::string cut_at(std::string_view path, const char* stops) {
    return std::string(path.substr(0, path.find_first_of(stops)));
}

/// UTF-8 as careless decoders read it: by bit masks, without asking for the shortest form.
std::string careless_utf8(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t n) {
            return i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0u;
        };
        const unsigned lead = byte(0);
        const std::size_t more = lead >= 0xfc   ? 5
                                 : lead >= 0xf8 ? 4
                                 : lead >= 0xf0 ? 3
                                 : lead >= 0xe0 ? 2
                                 : lead >= 0xc0 ? 1
                                                : 0;
        std::uint64_t point = more == 0 ? lead : lead & (0x3fu >> more);
        bool whole = i + more < text.size();
        for (std::size_t n = 1; whole && n <= more; ++n) {
            whole = byte(n) >= 0x80 && byte(n) < 0xc0;
            point = point << 6 | (byte(n) & 0x3f);
        }
        out += whole && point < 0x80 ? static_cast<char>(point) : '_';
        i += whole ? more + 1 : 1;
    }
    return out;
}

std::string until_nul(std::string_view path) {
    return std::string(path.substr(0, path.find('\0')));
}

/// What the handlers behind various servers get to see.
std::vector<std::string> as_back_ends_read(std::string_view path) {
    const auto once = decoded(path);
    const auto twice = decoded(once);
    return {
        std::string(path),           // passes the raw path on
        once,                        // nginx, Apache httpd
        decoded(cut_each(path)),     // servlet containers
        cut_each(once),              // cuts late
        decoded(cut_at(path, ";")),  // cuts everything behind a semicolon
        twice,                       // decodes at a proxy and once more
        cut_each(twice),
        cut_each(decoded(cut_each(once))),  // two servlet containers in a row
        cut_at(once, "?#"),                 // rewrites with the decoded path
        cut_at(twice, "?#"),
        cut_each(cut_at(once, "?#")),
        careless_utf8(once),
        careless_utf8(twice),
        until_nul(once),  // written in C
        until_nul(twice),
    };
}

/// As an operating system or a router walks them: empty segments do not count.
Segments walk(std::string_view reading) {
    auto segments = split(reading);
    for (auto& segment : segments)
        while (!segment.empty() && segment.back() == ' ') segment.pop_back();
    std::erase(segments, "");
    return segments;
}

bool is_batch(std::string_view segment) {
    std::string small(segment.substr(0, segment.find(';')));
    for (auto& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return small == "$batch";
}

void check_reading(std::string_view target, const std::string& reading, const Rule& rule) {
    for (const char c : reading)
        if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            fail("a foreign separator or control character", target, reading);
    const auto steps = walk(reading);
    for (const auto& step : steps)
        if (step == "." || step == "..") fail("a dot segment", target, reading);
    const auto wanted = walk(rule.path);
    if (steps.size() < wanted.size() || !std::equal(wanted.begin(), wanted.end(), steps.begin()))
        fail("outside of the rule", target, reading);
    if (rule.match == Match::exact && reading != rule.path)
        fail("not the exact path", target, reading);
    if (!rule.batch && !steps.empty() && is_batch(steps.back()))
        fail("a batch that was not allowed", target, reading);
}

constexpr Moment noon{std::chrono::hours(500'000)};

/// The same, closed in each way: nothing may come through.
Table make_closed_table() {
    const Rule all{.path = "/", .match = Match::subpaths, .upgrade = true, .batch = true};
    const InternalHost internal{Protocol::http, "i", {80}};
    return *Table::create({{.virtual_host = *VirtualHost::parse("off:80"),
                            .internal = internal,
                            .rules = {all},
                            .enabled = false},
                           {.virtual_host = *VirtualHost::parse("past:80"),
                            .internal = internal,
                            .rules = {all},
                            .expires = noon},
                           {.virtual_host = *VirtualHost::parse("later:80"),
                            .internal = internal,
                            .rules = {all},
                            .maintenance = true}});
}

void judge_closed(const Table& table, std::string_view target) {
    for (const std::string_view host : {"off", "past", "later"})
        for (const bool stream : {false, true})
            if (table
                    .decide(
                        {.authority = host, .target = target, .method = "GET", .stream = stream},
                        noon)
                    .allowed())
                fail("a closed mapping", host, target);
}

Table make_table() {
    Mapping mapping{.virtual_host = *VirtualHost::parse("v:80"),
                    .internal = {Protocol::http, "i", {80}}};
    mapping.rules = {
        {.path = "/a", .match = Match::subpaths, .methods = {"GET", "POST"}},
        {.path = "/a/b"},
        {.path = "/b/", .match = Match::exact, .methods = {"GET"}},
        {.path = "/sap/opu/odata/", .match = Match::subpaths, .methods = {"POST", "MERGE"}},
        {.path = "/open", .match = Match::subpaths, .upgrade = true, .batch = true},
        {.path = "/off", .match = Match::subpaths, .enabled = false},
        {.path = "/past", .match = Match::subpaths, .expires = noon},
        {.path = "/past/not", .expires = noon + std::chrono::seconds(1)},
        {.path = "/(x)", .match = Match::subpaths, .methods = {"DELETE"}},
    };
    return *Table::create({mapping});
}

/// target LF method LF override LF override...
void judge(const Table& table, std::string_view input) {
    std::array<std::string_view, 4> lines;
    std::size_t count = 0;
    while (count < lines.size()) {
        const auto end = std::min(input.find('\n'), input.size());
        lines[count++] = input.substr(0, end);
        if (end == input.size()) break;
        input.remove_prefix(end + 1);
    }
    const std::string_view method = count > 1 && !lines[1].empty() ? lines[1] : "GET";
    const auto overrides = std::span<const std::string_view>(lines).subspan(
        std::min<std::size_t>(2, count), count > 2 ? count - 2 : 0);
    const Access access{.authority = "v",
                        .target = lines[0],
                        .method = method,
                        .method_overrides = overrides,
                        .upgrade = lines[0].ends_with("ws")};
    const auto decision = table.decide(access, noon);
    const auto text = denial_text(decision, access);
    if (decision.allowed() != text.empty()) std::abort();
    if (!decision.allowed()) {
        if (decision.rule != nullptr) std::abort();
        return;
    }
    const auto& rule = *decision.rule;
    if (rule.expires && *rule.expires <= noon) fail("a rule that has expired", lines[0], {});
    if (!rule.enabled || &rule != &table.mappings()[0].rules[decision.rule_number - 1])
        std::abort();
    for (const auto used : {method, decision.effective_method})
        if (!rule.methods.empty() && std::ranges::find(rule.methods, used) == rule.methods.end())
            fail("a method that the rule does not allow", lines[0], used);
    for (const auto other : overrides)
        if (method != "POST" || other != decision.effective_method)
            fail("an override that contradicts", lines[0], other);
    if (access.upgrade && !rule.upgrade) fail("an upgrade", lines[0], {});
    const auto path = lines[0].substr(0, lines[0].find('?'));
    for (const auto& reading : as_back_ends_read(path)) check_reading(lines[0], reading, rule);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Table table = make_table();
    static const Table closed = make_closed_table();
    judge_closed(closed, {reinterpret_cast<const char*>(data), size});
    judge(table, {reinterpret_cast<const char*>(data), size});
    return 0;
}
