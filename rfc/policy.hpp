#pragma once

#include "base/result.hpp"
#include "rfc/refusal.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::rfc {

enum class Match { exact, prefix };

/// A function module, or all whose names begin alike, that a mapping lets through.
struct FunctionRule {
    std::string function;  // upper case, as is_function_name() wants it
    Match match = Match::exact;
    bool enabled = true;
    std::optional<std::chrono::system_clock::time_point> expires{};  // then it allows nothing
    std::string scenario{};  // name of the set of rules that it belongs to

    bool operator==(const FunctionRule&) const = default;
};

struct BlockedUser {
    std::string client;  // three characters; empty: in every client
    std::string user;    // compared without case

    bool operator==(const BlockedUser&) const = default;
};

/// What to do with items that no published description knows.
enum class UnknownItems { pass, refuse };

/// What a mapping allows. Nothing by default, except what client libraries call by themselves.
struct Policy {
    std::vector<FunctionRule> rules{};
    std::vector<std::string> clients{};  // SAP clients that may log on; empty: all
    std::vector<BlockedUser> blocked_users{};
    bool infrastructure = true;  // lets infrastructure_functions() through
    UnknownItems unknown_items = UnknownItems::pass;

    bool operator==(const Policy&) const = default;
};

/// The longest name of a function module.
inline constexpr std::size_t function_name_characters_max = 30;

/// The longest name of a user, and the length of every client: fields of the back end.
inline constexpr std::size_t user_name_characters_max = 12;
inline constexpr std::size_t client_characters = 3;

/// Whether it is written as names of function modules are: at most 30 of A-Z 0-9 _ / $ & % # @ -
/// and, not at the start, a full stop.
bool is_function_name(std::string_view text);

/// Whether everything in it can be met by a name, a client or a user at all. Errors: malformed,
/// with what to write instead.
Result<void> check(const Policy& policy);

/// What client libraries call by themselves (docs/RFC.md#infrastructure). The first one, RFCPING,
/// is how a logon is probed, and passes always.
std::span<const std::string_view> infrastructure_functions();

/// Whether the function executes other functions, programs or requests that its caller names, so
/// that allowing it allows everything behind it (docs/RFC.md#tunnels).
bool is_tunnel(std::string_view function);

/// Whose rule decided.
struct FunctionDecision {
    enum class By { nothing, rule, infrastructure };
    Refusal refusal = Refusal::none;  // or function_denied, tunnel_denied, rule_expired
    By by = By::nothing;
    std::size_t rule = 0;  // index into Policy::rules, if by a rule
};

/// `function` is one that is_function_name() likes. The first rule that covers it decides; a prefix
/// rule covers no tunnel. rule_expired: a rule that has expired would have let it through.
FunctionDecision decide_function(const Policy& policy, std::string_view function,
                                 std::chrono::system_clock::time_point now);

/// Who logs on; nothing where the message does not say it in a way that can be read.
struct Logon {
    std::optional<std::string_view> client{};
    std::optional<std::string_view> user{};
    bool has_ticket = false;  // which says who logs on, in a way that is not read here
};

/// none, client_denied or user_blocked. Where a list asks for what the logon does not say, it is
/// refused. What does not fit the back end's field counts as not said: cut there, it could be
/// another name.
Refusal decide_logon(const Policy& policy, const Logon& logon);

}  // namespace sallyport::rfc
