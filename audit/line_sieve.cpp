#include "audit/line_sieve.hpp"

#include "audit/disclosure.hpp"
#include "audit/line_reader.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

namespace sallyport::audit {
namespace {

bool has(std::string_view line, std::string_view needle) {
    return ::memmem(line.data(), line.size(), needle.data(), needle.size()) != nullptr;
}

/// Stands for itself in a pattern and in a line.
bool is_plain(char c) {
    return c >= ' ' && c < '\x7F' && c != '"' && c != '\\' && c != '*' && c != '?';
}

/// The longest text that stands in all that matches, as it stands in a line.
std::string_view longest_plain(std::string_view pattern) {
    std::string_view longest;
    for (std::size_t at = 0; at < pattern.size();) {
        std::size_t length = 0;
        while (at + length < pattern.size() && is_plain(pattern[at + length])) ++length;
        if (length > longest.size()) longest = pattern.substr(at, length);
        at += length + 1;
    }
    return longest;
}

/// What stands in every line whose `key` matches; a quote can only be there where a text begins or
/// ends.
std::string anchored(std::string_view key, std::string_view pattern) {
    std::string needle("\"");
    needle.append(key).append("\":\"");
    std::size_t length = 0;
    while (length < pattern.size() && is_plain(pattern[length])) ++length;
    needle.append(pattern.substr(0, length));
    if (length == pattern.size()) needle += '"';
    return needle;
}

}  // namespace

LineSieve::LineSieve(const Filter& filter)
    : filter_(filter),
      user_(longest_plain(filter.user)),
      // A value that is not disclosed any more shows as something, too.
      by_users_(!filter.user.empty() && !matches(filter.user, erased_text) &&
                !matches(filter.user, falsified_text)) {
    const auto location = filter.location.value_or("");
    const auto with_port = filter.virtual_host.find(':') != std::string::npos;
    const auto host =  // see wanted_host()
        filter.virtual_host.empty() || with_port ? filter.virtual_host : filter.virtual_host + "*";
    const std::array<std::pair<std::string_view, const std::string*>, 11> fields = {
        {{"exchange", &filter.exchange},
         {"trace", &filter.trace},
         {"tenant", &filter.tenant},
         {"client", &filter.client},
         {"virtual_host", &host},
         {"path", &filter.path},
         {"rule", &filter.rule},
         {"function", &filter.function},
         {"operation", &filter.operation},
         {"agent", &filter.agent},
         {"location", &location}}};
    for (const auto& [key, pattern] : fields) {
        if (pattern->empty()) continue;
        needles_.push_back(anchored(key, *pattern));
        const auto longest = longest_plain(*pattern);
        if (!pattern->starts_with(longest)) needles_.emplace_back(longest);
    }
    if (filter.decision == "allowed") needles_.push_back(anchored("decision", filter.decision));
    std::ranges::sort(needles_, std::ranges::greater(), &std::string::size);
    if (!filter.outcome.empty()) outcome_ = anchored("outcome", filter.outcome);
}

Result<void> LineSieve::read_users(const Segment& segment) {
    if (!by_users_) return {};
    const auto path = disclosures_path(segment);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return {};
    auto lines = LineReader::open(path);
    if (!lines) return lines.error();
    while (true) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line) return {};
        if (!(*line)->whole || !has((*line)->bytes, user_)) continue;
        const auto disclosure = parse_disclosure((*line)->bytes);
        if (!disclosure || disclosure->field == "principal") continue;
        if (matches(filter_.user, disclosure->value)) users_.push_back(disclosure->sequence);
    }
}

bool LineSieve::user_may_match(Sequence sequence) {
    if (!by_users_) return true;
    while (next_user_ < users_.size() && users_[next_user_] < sequence) ++next_user_;
    return next_user_ < users_.size() && users_[next_user_] == sequence;
}

bool LineSieve::may_match(std::string_view line, Sequence sequence) {
    if (!user_may_match(sequence)) return false;
    if (filter_.decision == "refused" && has(line, "\"decision\":\"allowed\"")) return false;
    return std::ranges::all_of(needles_,
                               [&](const std::string& needle) { return has(line, needle); });
}

bool LineSieve::outcome_may_match(std::string_view line) const {
    return outcome_.empty() || has(line, outcome_);
}

}  // namespace sallyport::audit
