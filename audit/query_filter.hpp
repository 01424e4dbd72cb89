// Which records a filter asks for.
#pragma once

#include "audit/query.hpp"
#include "audit/record_fields.hpp"
#include "base/bytes.hpp"

#include <algorithm>
#include <array>

namespace sallyport::audit {

/// A record that does not have it has not just any text.
inline bool wanted(const std::string& pattern, std::string_view value) {
    return pattern.empty() || (!value.empty() && matches(pattern, value));
}

/// A host without a port asks for all its ports.
inline bool wanted_host(const std::string& pattern, std::string_view host) {
    return wanted(pattern, host) ||
           (pattern.find(':') == pattern.npos && !pattern.empty() && wanted(pattern + ":*", host));
}

/// Methods are written in capitals, but not by everybody who asks for them.
inline bool wanted_method(const std::string& pattern, std::string_view method) {
    if (pattern.empty()) return true;
    return wanted(to_lower(pattern), to_lower(method));
}

inline bool in_range(const Filter& filter, Sequence sequence) {
    return (!filter.from || sequence >= *filter.from) && (!filter.to || sequence <= *filter.to);
}

inline bool in_range(const Filter& filter, const Record& record) {
    return in_range(filter, record.sequence) && (!filter.since || record.time >= *filter.since) &&
           (!filter.until || record.time < *filter.until);
}

inline std::string_view event_of(const Record& record) { return record.event; }
inline std::string_view event_of(const Finding& finding) { return finding.records.front().event; }

/// What was decided. What was refused often has no record of a decision but that.
template <class Fields>
std::string_view decision_of(const Fields& fields) {
    constexpr std::string_view refused = "refused";
    if (const auto decision = fields.text("decision"); !decision.empty()) return decision;
    const bool is_refusal =
        fields.text("outcome") == refused || event_of(fields).ends_with(".refused");
    return is_refusal ? refused : std::string_view();
}

/// The default location has no name in a record of what went through one.
template <class Fields>
bool in_location(const Filter& filter, const Fields& fields) {
    if (!filter.location) return true;
    if (!filter.location->empty()) return wanted(*filter.location, fields.text("location"));
    constexpr std::array<std::string_view, 3> with_one{"exchange.", "rfc.call", "link."};
    return fields.text("location").empty() &&
           std::ranges::any_of(with_one, [&](std::string_view start) {
               return event_of(fields).starts_with(start);
           });
}

/// Everything but the outcome, which stands in the end, and the event.
template <class Fields>  // Record or Finding
bool access_matches(const Filter& filter, const Fields& fields) {
    return wanted(filter.exchange, fields.text("exchange")) &&
           wanted(filter.trace, fields.text("trace")) &&
           wanted(filter.tenant, fields.text("tenant")) &&
           wanted(filter.client, fields.text("client")) &&
           (wanted(filter.user, fields.text("user")) ||
            wanted(filter.user, fields.text("sap_user")) ||
            wanted(filter.user, fields.text("bound_as")) ||
            wanted(filter.user, fields.text("bind_dn"))) &&
           wanted(filter.function, fields.text("function")) &&
           wanted(filter.operation, fields.text("operation")) &&
           wanted_host(filter.virtual_host, fields.text("virtual_host")) &&
           wanted_method(filter.method, fields.text("method")) &&
           wanted(filter.path, fields.text("path")) && wanted(filter.rule, fields.text("rule")) &&
           wanted(filter.agent, fields.text("agent")) && in_location(filter, fields) &&
           (filter.decision.empty() || decision_of(fields) == filter.decision);
}

}  // namespace sallyport::audit
