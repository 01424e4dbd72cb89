// What can be asked of a running program, and who may: pure.
#pragma once

#include "daemon/admin_caller.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace sallyport::daemon {

/// One thing that can be asked for over local administration; docs/openapi-*.json describes each.
struct AdminVerb {
    /// Whether it is carried out while the log has failed and nothing may go on unrecorded.
    enum class WithoutLog { refused, allowed };

    std::string_view method;  // "GET" looks, "POST" changes
    std::string_view path;    // "/v1/reload", without a query
    std::string_view act{};   // as it stands in the record, "config.reload"; empty: in none, or the
                              // verb records itself
    WithoutLog without_log = WithoutLog::refused;
    /// What the caller must be allowed; none: anybody who comes as far as to ask.
    AdminRight needs = method == "GET" ? AdminRight::look : AdminRight::change;
};

/// What is to become of a request.
struct AdminDecision {
    enum class Outcome {
        go_on,
        nothing_allowed,  // the caller has no right at all: he does not learn what there is
        unknown,
        wrong_method,
        only_looking,  // the caller may look, not change
    };
    Outcome outcome = Outcome::unknown;
    std::size_t verb = 0;  // its place in the table, where one was found
};

AdminDecision decide(std::span<const AdminVerb> verbs, std::string_view method,
                     std::string_view target, AdminRight right);

/// "/v1/x" of "/v1/x?y=z".
std::string_view path_of(std::string_view target);
/// "y=z" of "/v1/x?y=z", or nothing.
std::string_view query_of(std::string_view target);

}  // namespace sallyport::daemon
