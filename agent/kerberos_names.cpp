#include "agent/kerberos_names.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::agent {
namespace {

constexpr std::size_t value_bytes_max = 256;
constexpr std::size_t variable_bytes_max = 128;

/// Printable, no blank. Beyond ASCII nothing: directories take some other characters for each
/// other, so that one user could pass for another.
bool is_plain(char c) { return c > 0x20 && c < 0x7f && c != '\\'; }

bool is_realm(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_plain(c) && c != '@' && c != '/' && c != ':';
    });
}

/// One word of a name. `$` ends the names of computers, which no user's token may be.
bool is_word(std::string_view text) {
    constexpr std::string_view meaningful = "@/$";
    return !text.empty() && text.size() <= value_bytes_max &&
           std::ranges::all_of(text, [&](char c) {
               return is_plain(c) && meaningful.find(c) == std::string_view::npos;
           });
}

Error wrong(std::string what) { return Error{Errc::malformed, std::move(what)}; }

Error unfit(std::string_view variable, std::string_view what) {
    return Error{Errc::denied, std::string("${").append(variable).append(what)};
}

bool ends_with_ignoring_case(std::string_view text, std::string_view end) {
    return text.size() >= end.size() &&
           equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

}  // namespace

std::string_view realm_of(std::string_view name) {
    const auto at = name.rfind('@');
    return at == name.npos ? std::string_view() : name.substr(at + 1);
}

bool is_kerberos_name(std::string_view text) {
    const auto at = text.find('@');
    if (at == text.npos || at == 0 || !is_realm(text.substr(at + 1))) return false;
    const auto name = text.substr(0, at);
    return std::ranges::all_of(name, is_plain) && !name.starts_with('/') && !name.ends_with('/') &&
           name.find("//") == name.npos;
}

/// Reads a pattern from left to right.
class KerberosNamePattern::Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    Result<KerberosNamePattern> pattern(std::string_view realm) {
        KerberosNamePattern made;
        made.realm_ = realm;
        Piece piece;
        while (!rest_.empty() && !rest_.starts_with('@')) {
            if (rest_.starts_with("${")) {
                if (auto read = hole(piece); !read) return read.error();
                made.pieces_.push_back(std::exchange(piece, {}));
                continue;
            }
            if (!is_plain(rest_.front()) || is_brace(rest_.front()))
                return wrong(
                    "outside of ${...} a name has no braces, blanks, backslashes, control "
                    "characters or characters outside ASCII");
            piece.literal += rest_.front();
            rest_.remove_prefix(1);
        }
        if (!piece.literal.empty()) made.pieces_.push_back(std::move(piece));
        if (made.pieces_.empty()) return wrong("it names nobody");
        if (rest_.empty()) return made;
        made.realm_ = rest_.substr(1);
        if (!is_realm(made.realm_) || std::ranges::any_of(made.realm_, is_brace))
            return wrong("after @ stands the realm, as it is: no variable, no second @");
        return made;
    }

private:
    /// Most likely a variable that was misspelt.
    static bool is_brace(char c) { return c == '{' || c == '}'; }

    Result<void> hole(Piece& piece) {
        const auto end = rest_.find('}');
        if (end == rest_.npos) return wrong("${ without }");
        const auto inside = rest_.substr(2, end - 2);
        const auto at = inside.find('@');
        piece.variable = inside.substr(0, at);
        if (at != inside.npos) piece.suffix = inside.substr(at);
        const bool readable = std::ranges::all_of(
            inside, [](char c) { return c > 0x20 && c != 0x7f && c != '$' && c != '{'; });
        if (piece.variable.empty() || piece.variable == "cp." ||
            piece.variable.size() > variable_bytes_max || !readable)
            return wrong("'${" + std::string(inside.substr(0, variable_bytes_max)) +
                         "}' is not a variable");
        if (piece.suffix == "@") return wrong("after @ in ${...} stands what a value ends with");
        rest_.remove_prefix(end + 1);
        return {};
    }

    std::string_view rest_;
};

Result<KerberosNamePattern> KerberosNamePattern::parse(std::string_view text,
                                                       std::string_view realm) {
    if (text.size() > bytes_max)
        return Error{Errc::limit, "a pattern has at most " + std::to_string(bytes_max) + " bytes"};
    return Reader(text).pattern(realm);
}

Result<std::string> KerberosNamePattern::fill(const certs::SubjectVariables& variables) const {
    std::string name;
    for (const auto& [literal, variable, suffix] : pieces_) {
        name += literal;
        if (variable.empty()) continue;
        const auto found = variables.values(variable);
        if (found.empty()) return unfit(variable, "} is missing in the token");
        if (found.size() > 1) return unfit(variable, "} has several values");
        std::string_view value = found.front();
        if (!ends_with_ignoring_case(value, suffix))
            return unfit(variable, "} does not end as its pattern wants");
        value.remove_suffix(suffix.size());
        if (suffix.empty() && value.find('@') != value.npos)
            return unfit(variable,
                         "} has an @: write @DOMAIN before the } to take the part before @DOMAIN");
        if (!is_word(value))
            return unfit(variable,
                         "} is empty, too long, or has a blank, one of @ / \\ $ or a character "
                         "outside ASCII");
        name += value;
    }
    return name + '@' + realm_;
}

Result<KerberosUsers> KerberosUsers::create(const std::vector<certs::SubjectRule>& rules,
                                            std::string_view realm) {
    using certs::SubjectRules;
    KerberosUsers made;
    if (rules.empty()) {
        auto pattern = KerberosNamePattern::parse(default_pattern, realm);
        if (!pattern) return pattern.error();
        made.rules_.push_back({{}, std::move(*pattern), 0});
        return made;
    }
    if (rules.size() > SubjectRules::rules_max)
        return Error{Errc::limit, "at most " + std::to_string(SubjectRules::rules_max) + " rules"};
    for (const auto& rule : rules) {
        const auto number = made.rules_.size() + 1;
        auto pattern = KerberosNamePattern::parse(rule.pattern, realm);
        if (!pattern)
            return Error{pattern.error().code,
                         "rule " + std::to_string(number) + ": " + pattern.error().detail};
        made.rules_.push_back({rule.when, std::move(*pattern), number});
    }
    return made;
}

Result<KerberosUsers::Match> KerberosUsers::apply(certs::UserType type,
                                                  const boost::json::object& claims) const {
    const certs::SubjectVariables variables(type, claims);
    for (const auto& rule : rules_) {
        const auto holds = [&](const auto& one) { return one.holds(variables); };
        if (!std::ranges::all_of(rule.when, holds)) continue;
        auto name = rule.pattern.fill(variables);
        if (name) return Match{rule.number, std::move(*name)};
        const auto where = rule.number == 0
                               ? std::string("the default name of a Kerberos user")
                               : "rule " + std::to_string(rule.number) + " of [kerberos] user";
        return Error{Errc::denied, where + " fits this user, but " + name.error().detail};
    }
    return Error{Errc::denied,
                 "no rule of [kerberos] user fits this user: add a last one without `when`"};
}

}  // namespace sallyport::agent
