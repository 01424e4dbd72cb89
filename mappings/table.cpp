#include "mappings/table.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "mappings/exposure.hpp"
#include "mappings/path_readings.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport::mappings {
namespace {

constexpr std::size_t methods_bytes_max = 32;

bool is_token(std::string_view text) {  // RFC 9110 section 5.6.2
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && text.size() <= methods_bytes_max &&
           std::ranges::all_of(text, [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      marks.find(c) != std::string_view::npos;
           });
}

/// The methods that a back end may act on: the one that was sent, and the one that an override
/// header names, since not every back end knows these headers. A rule must allow both.
struct Methods {
    std::string_view sent;
    std::string_view effective;
};

/// Nothing if the request does not say which method it means.
std::optional<Methods> methods_of(const Access& access) {
    if (!is_token(access.method)) return std::nullopt;
    if (access.method_overrides.empty()) return Methods{access.method, access.method};
    if (access.method != "POST") return std::nullopt;
    const auto method = access.method_overrides.front();
    for (const auto other : access.method_overrides)
        if (other != method) return std::nullopt;
    if (!is_token(method)) return std::nullopt;
    return Methods{access.method, method};
}

bool allows(const Rule& rule, std::string_view method) {
    return rule.methods.empty() || std::ranges::find(rule.methods, method) != rule.methods.end();
}

/// Whether any segment is $batch. OData knows it as the last one only, but which one is the last
/// depends on where a back end stops reading.
bool names_batch(std::string_view reading) {
    for (auto at = reading.find('$'); at != std::string_view::npos;
         at = reading.find('$', at + 1)) {
        if (at == 0 || !is_separator(reading[at - 1])) continue;
        const auto end = std::find_if(reading.begin() + static_cast<std::ptrdiff_t>(at),
                                      reading.end(), is_separator);
        const auto segment =
            reading.substr(at, static_cast<std::size_t>(end - reading.begin()) - at);
        if (equal_ignoring_case(bare_segment(segment), "$batch")) return true;
    }
    return false;
}

/// What one rule says to a request, the best answer last, so that the largest explains a denial.
Denial judge(const Rule& rule, const PathReadings& path, bool is_batch, const Methods& methods,
             bool upgrade, Moment now) {
    if (!rule.enabled) return Denial::resource_not_exposed;
    if (!path.all([&](std::string_view reading) { return covers(rule, reading); }))
        return Denial::resource_not_exposed;
    if (!allows(rule, methods.sent) || !allows(rule, methods.effective))
        return Denial::method_not_allowed;
    if (upgrade && !rule.upgrade) return Denial::upgrade_not_allowed;
    if (is_batch && !rule.batch) return Denial::batch_not_allowed;
    if (rule.expires && now >= *rule.expires) return Denial::rule_expired;
    return Denial::none;
}

Denial denial_of(Closing closing) {
    switch (closing) {
        case Closing::disabled:
            return Denial::mapping_disabled;
        case Closing::expired:
            return Denial::mapping_expired;
        case Closing::maintenance:
            return Denial::maintenance;
        case Closing::none:
            break;
    }
    return Denial::none;
}

/// "host:port", lower case, in a buffer of the caller. Empty if it cannot be a virtual host.
std::string_view key_of(std::string_view authority, std::array<char, 320>& buffer) {
    constexpr std::string_view default_port = ":80";
    if (authority.size() + default_port.size() > buffer.size()) return {};
    auto end =
        std::ranges::transform(authority, buffer.begin(), [](char c) { return to_lower(c); }).out;
    if (authority.find(':') == std::string_view::npos)
        end = std::ranges::copy(default_port, end).out;
    return {buffer.data(), static_cast<std::size_t>(end - buffer.begin())};
}

}  // namespace

Result<Table> Table::create(std::vector<Mapping> mappings) {
    Table table;
    for (std::size_t i = 0; i < mappings.size(); ++i) {
        const auto& mapping = mappings[i];
        const auto name = mapping.virtual_text();
        for (std::uint16_t k = 0; k < mapping.internal.ports.count; ++k) {
            const auto port = static_cast<std::uint16_t>(mapping.virtual_host.port() + k);
            const auto internal = static_cast<std::uint16_t>(mapping.internal.ports.first + k);
            if (!table.by_name_.emplace(mapping.virtual_host.at(port).text(), Index{i, internal})
                     .second)
                return Error{Errc::conflict, "two mappings for " + name};
        }
        for (const auto& rule : mapping.rules)
            if (!is_plain_path(rule.path))
                return Error{Errc::malformed,
                             "rule path \"" + rule.path + "\" of " + name +
                                 " must start with / and have no %, ;, //, . or .. segment"};
    }
    table.mappings_ = std::move(mappings);
    return table;
}

Table::Place Table::look_up(std::string_view authority) const {
    std::array<char, 320> buffer;
    auto found = by_name_.find(key_of(authority, buffer));
    if (found == by_name_.end()) {
        // Other spellings of the same host: sapgwNN, leading zeros in the port.
        const auto host = VirtualHost::from_authority(authority);
        if (host) found = by_name_.find(host->text());
    }
    if (found == by_name_.end()) return {};
    return {&mappings_[found->second.mapping], found->second.internal_port};
}

Decision Table::decide(const Access& access, Moment now) const {
    Decision decision;
    decision.effective_method = access.method;
    const auto place = look_up(access.authority);
    decision.mapping = place.mapping;
    decision.internal_port = place.internal_port;
    if (decision.mapping != nullptr && !access.hub.empty() && !decision.mapping->hub.empty() &&
        decision.mapping->hub != access.hub)
        decision.mapping = nullptr;
    if (decision.mapping == nullptr) {
        decision.denial = Denial::system_not_exposed;
        return decision;
    }
    decision.denial = denial_of(closing_of(*decision.mapping, now));
    if (decision.denial != Denial::none) return decision;
    if (access.stream || decision.mapping->is_stream()) {
        if (!access.stream) decision.denial = Denial::only_a_stream;
        if (!decision.mapping->is_stream()) decision.denial = Denial::not_a_stream;
        return decision;
    }
    const auto methods = methods_of(access);
    if (!methods) {
        decision.denial = Denial::malformed;
        decision.detail = "The method and its override headers do not name one method.";
        return decision;
    }
    decision.effective_method = methods->effective;
    const auto path = PathReadings::of(access.target);
    if (!path) {
        decision.denial = Denial::malformed;
        decision.detail = path.error().detail;
        return decision;
    }
    const bool is_batch =
        !path->all([](std::string_view reading) { return !names_batch(reading); });
    decision.denial = Denial::resource_not_exposed;
    const auto& rules = decision.mapping->rules;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto verdict = judge(rules[i], *path, is_batch, *methods, access.upgrade, now);
        if (verdict == Denial::none) {
            decision.denial = Denial::none;
            decision.rule = &rules[i];
            decision.rule_number = i + 1;
            return decision;
        }
        decision.denial = std::max(decision.denial, verdict);
    }
    return decision;
}

std::string denial_text(const Decision& decision, const Access& access) {
    const auto host = VirtualHost::from_authority(access.authority);
    const auto system = host ? host->text() : std::string(access.authority);
    const auto path = std::string(access.target.substr(0, access.target.find('?')));
    const auto resource = "Access denied to resource " + path + " on system " + system + ". ";
    const auto hint = [](const std::string& what) {
        return "In case this was a valid request, ensure to expose the " + what +
               " correctly in your cloud connector.";
    };
    switch (decision.denial) {
        case Denial::none:
            return {};
        case Denial::malformed:
            return decision.detail +
                   " Not every system would read this request in the same way, "
                   "so it was not forwarded.";
        case Denial::maintenance:
            return "The system " + system + " is in maintenance. Try again later.";
        case Denial::mapping_disabled:
        case Denial::mapping_expired:
        case Denial::system_not_exposed:
            return "Access denied to system " + system + ". " + hint("system");
        case Denial::not_a_stream:
            return "Access denied to system " + system +
                   ". It is exposed for HTTP requests, not for TCP streams.";
        case Denial::only_a_stream:
            return "Access denied to system " + system +
                   ". It is exposed for TCP streams (SOCKS5), not for HTTP requests.";
        case Denial::rule_expired:
        case Denial::resource_not_exposed:
            return resource + hint("resource");
        case Denial::method_not_allowed: {
            std::string methods(access.method);
            if (decision.effective_method != access.method)
                methods += " that stands for " + std::string(decision.effective_method);
            return resource + "Its rule does not allow the method " + methods + ".";
        }
        case Denial::upgrade_not_allowed:
            return resource + "Its rule does not allow an upgrade to WebSocket.";
        case Denial::batch_not_allowed:
            return resource + "Its rule does not allow $batch, whose parts are not judged.";
    }
    return {};
}

std::string_view hidden_reason(Denial denial) {
    if (denial == Denial::mapping_disabled) return to_text(Closing::disabled);
    if (denial == Denial::mapping_expired) return to_text(Closing::expired);
    return denial == Denial::rule_expired ? "rule_expired" : "";
}

std::string hidden_text(const Decision& decision) {
    switch (decision.denial) {
        case Denial::mapping_disabled:
            return "the mapping is disabled";
        case Denial::mapping_expired:
            return "the mapping expired at " + to_text(*decision.mapping->expires);
        case Denial::rule_expired:
            return "the rule that would allow it has expired";
        default:
            return {};
    }
}

}  // namespace sallyport::mappings
