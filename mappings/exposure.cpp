#include "mappings/exposure.hpp"

#include <optional>

namespace sallyport::mappings {
namespace {

struct TimeUnit {
    std::chrono::seconds length;
    std::string_view name;
};

/// "expired at ... (2 days ago)", "expires at ... (in 3 days)", or nothing if there is time.
std::string describe_expiry(const std::optional<Moment>& expires, Moment now) {
    if (!expires || *expires > now + expiry_notice) return {};
    return (*expires <= now ? " expired at " : " expires at ") + to_text(*expires) + " (" +
           describe_distance(*expires, now) + ")";
}

template <class Rules, class Name>
void warn_of_ends(const Rules& rules, Name name, const std::string& where, Moment now,
                  std::vector<std::string>& warnings) {
    for (const auto& rule : rules) {
        if (!rule.enabled) continue;
        const auto expiry = describe_expiry(rule.expires, now);
        if (!expiry.empty()) warnings.push_back(where + ": rule " + name(rule) + expiry);
    }
}

}  // namespace

Closing closing_of(const Mapping& mapping, Moment now) {
    if (!mapping.enabled) return Closing::disabled;
    if (mapping.expires && now >= *mapping.expires) return Closing::expired;
    return mapping.maintenance ? Closing::maintenance : Closing::none;
}

bool is_there(const Mapping& mapping, Moment now) {
    const auto closing = closing_of(mapping, now);
    return closing == Closing::none || closing == Closing::maintenance;
}

std::string_view to_text(Closing closing) {
    switch (closing) {
        case Closing::disabled:
            return "mapping_disabled";
        case Closing::expired:
            return "mapping_expired";
        case Closing::maintenance:
            return "maintenance";
        case Closing::none:
            break;
    }
    return {};
}

std::string describe_distance(Moment moment, Moment now) {
    using std::chrono::seconds;
    constexpr TimeUnit units[] = {
        {seconds(86'400), "day"}, {seconds(3'600), "hour"}, {seconds(60), "minute"}};
    const bool past = moment <= now;
    const auto far = std::chrono::floor<seconds>(past ? now - moment : moment - now);
    std::string text;
    for (const auto& unit : units) {
        const auto count = far / unit.length;
        if (count < 2 && unit.name != "minute") continue;  // "in 30 hours" says more than "1 day"
        text = std::to_string(count) + " " + std::string(unit.name) + (count == 1 ? "" : "s");
        break;
    }
    return past ? text + " ago" : "in " + text;
}

std::vector<std::string> exposure_warnings(std::span<const Mapping> mappings, Moment now) {
    std::vector<std::string> warnings;
    for (const auto& mapping : mappings) {
        if (!mapping.enabled) continue;
        const auto where = "mapping " + mapping.virtual_text();
        const auto expiry = describe_expiry(mapping.expires, now);
        if (!expiry.empty()) warnings.push_back(where + expiry);
        if (closing_of(mapping, now) == Closing::expired) continue;
        if (mapping.maintenance)
            warnings.push_back(where + " is in maintenance: whatever comes is told to come later");
        warn_of_ends(
            mapping.rules, [](const Rule& rule) { return rule.path; }, where, now, warnings);
        if (mapping.rfc)
            warn_of_ends(
                mapping.rfc->policy.rules,
                [](const rfc::FunctionRule& rule) { return rule.function; }, where, now, warnings);
    }
    return warnings;
}

}  // namespace sallyport::mappings
