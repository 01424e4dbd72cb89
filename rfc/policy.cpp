#include "rfc/policy.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>

namespace sallyport::rfc {

namespace {

constexpr std::string_view logon_probe = "RFCPING";

constexpr std::array<std::string_view, 8> infrastructure = {
    logon_probe,
    "RFC_PING",
    "RFC_GET_FUNCTION_INTERFACE",
    "DDIF_FIELDINFO_GET",
    "RFC_METADATA_GET",
    "RFC_GET_STRUCTURE_DEFINITION",
    "RFC_GET_UNICODE_STRUCTURE",
    "SYSTEM_RESET_RFC_SERVER",
};

// Whole families, since releases add members: units of work that carry calls in their tables, and
// what runs programs of the operating system.
constexpr std::array<std::string_view, 6> tunnel_families = {"ARFC_", "BGRFC_", "TRFC_",
                                                             "QRFC_", "SXPG_",  "RFC_REMOTE_"};

constexpr std::array<std::string_view, 4> tunnels = {
    "API_CLEAR_TID",
    "RFC_ABAP_INSTALL_AND_RUN",
    "RFC_START_PROGRAM",
    "SADT_REST_RFC_ENDPOINT",
};

bool may_start_name(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_/$&%#@-").find(c) != std::string_view::npos;
}

bool covers(const FunctionRule& rule, std::string_view function, bool tunnel) {
    if (!rule.enabled) return false;
    if (rule.match == Match::exact) return function == rule.function;
    return !tunnel && function.starts_with(rule.function);
}

bool is_client(std::string_view text) {
    return text.size() == client_characters && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

bool is_user_name(std::string_view text) {
    return !text.empty() && text.size() <= user_name_characters_max &&
           text.find(' ') == std::string_view::npos;
}

bool blocks(const BlockedUser& blocked, std::string_view user,
            std::optional<std::string_view> client) {
    if (!equal_ignoring_case(blocked.user, user)) return false;
    // A logon that leaves the client to the system may come to the one that is meant.
    return blocked.client.empty() || !client || *client == blocked.client;
}

Result<void> check_client(std::string_view client) {
    if (is_client(client)) return {};
    return Error{Errc::malformed, "\"" + std::string(client) +
                                      "\" is not an SAP client: three digits, as in \"100\""};
}

Result<void> check_rule(const FunctionRule& rule) {
    if (is_function_name(rule.function)) return {};
    return Error{Errc::malformed,
                 "\"" + rule.function +
                     "\" is not the name of a function module: up to 30 characters, upper case"};
}

}  // namespace

Result<void> check(const Policy& policy) {
    for (const auto& rule : policy.rules)
        if (auto good = check_rule(rule); !good) return good;
    for (const auto& client : policy.clients)
        if (auto good = check_client(client); !good) return good;
    for (const auto& blocked : policy.blocked_users) {
        if (blocked.user.empty())
            return Error{Errc::malformed, "a blocked user needs a name: { client, user }"};
        if (!is_user_name(blocked.user))
            return Error{Errc::malformed,
                         "\"" + blocked.user +
                             "\" is not the name of a user: up to 12 characters, no blank"};
        if (blocked.client.empty()) continue;
        if (auto good = check_client(blocked.client); !good) return good;
    }
    return {};
}

bool is_function_name(std::string_view text) {
    if (text.empty() || text.size() > function_name_characters_max) return false;
    if (!may_start_name(text.front())) return false;
    return std::ranges::all_of(text, [](char c) { return c == '.' || may_start_name(c); });
}

std::span<const std::string_view> infrastructure_functions() { return infrastructure; }

bool is_tunnel(std::string_view function) {
    return std::ranges::any_of(tunnel_families,
                               [&](auto family) { return function.starts_with(family); }) ||
           std::ranges::find(tunnels, function) != tunnels.end();
}

FunctionDecision decide_function(const Policy& policy, std::string_view function,
                                 std::chrono::system_clock::time_point now) {
    using By = FunctionDecision::By;
    const bool tunnel = is_tunnel(function);
    bool expired = false;
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
        if (!covers(policy.rules[i], function, tunnel)) continue;
        const auto& end = policy.rules[i].expires;
        if (!end || now < *end) return {Refusal::none, By::rule, i};
        expired = true;
    }
    if (tunnel) return {expired ? Refusal::rule_expired : Refusal::tunnel_denied};
    const bool listed = policy.infrastructure
                            ? std::ranges::find(infrastructure, function) != infrastructure.end()
                            : function == logon_probe;
    if (listed) return {Refusal::none, By::infrastructure};
    return {expired ? Refusal::rule_expired : Refusal::function_denied};
}

Refusal decide_logon(const Policy& policy, const Logon& logon) {
    const auto client = logon.client && is_client(*logon.client) ? logon.client : std::nullopt;
    if (!policy.clients.empty() &&
        (!client || std::ranges::find(policy.clients, *client) == policy.clients.end()))
        return Refusal::client_denied;
    if (policy.blocked_users.empty()) return Refusal::none;
    if (!logon.user || !is_user_name(*logon.user) || logon.has_ticket) return Refusal::user_blocked;
    const bool blocked = std::ranges::any_of(
        policy.blocked_users, [&](const auto& one) { return blocks(one, *logon.user, client); });
    return blocked ? Refusal::user_blocked : Refusal::none;
}

}  // namespace sallyport::rfc
