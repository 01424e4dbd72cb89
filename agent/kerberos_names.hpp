#pragma once

#include "base/result.hpp"
#include "certs/subject_rules.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// The part of a Kerberos name after its only @; empty if it has none.
std::string_view realm_of(std::string_view name);
/// "name@REALM" or "service/host@REALM", of plain characters: what [kerberos] principal may be.
bool is_kerberos_name(std::string_view text);

/// A user's Kerberos name with holes: "${login_name}", "${mail@corp.example}@CORP.EXAMPLE". A value
/// from a token never brings a realm, a further component or anything else that has a meaning in a
/// name: only what the pattern itself says does.
class KerberosNamePattern {
public:
    static constexpr std::size_t bytes_max = 512;

    /// `${x}` is the value of x, which must be one plain word; `${x@suffix}` is the part before
    /// @suffix of a value that ends so (compared without case). After a literal @ stands the realm,
    /// without holes; without one it is `realm`.
    /// Errors: Errc::malformed, Errc::limit; the detail says what is wrong.
    static Result<KerberosNamePattern> parse(std::string_view text, std::string_view realm);

    /// "jane@CORP.EXAMPLE". Errors: Errc::denied; the detail names the variable, not its value.
    Result<std::string> fill(const certs::SubjectVariables& variables) const;

private:
    struct Piece {
        std::string literal;   // stands before the hole
        std::string variable;  // empty: no hole
        std::string suffix;    // that a value must have, and loses; with its @
    };
    class Reader;
    std::vector<Piece> pieces_;
    std::string realm_;
};

/// [kerberos] user: as whom the KDC knows a user. As with subjects, the first rule whose conditions
/// hold decides, even if its pattern then cannot be filled.
class KerberosUsers {
public:
    static constexpr std::string_view default_pattern = "${name}";

    KerberosUsers() = default;
    /// Without a rule it is the default pattern for everybody. At most SubjectRules::rules_max.
    /// Errors: Errc::malformed, Errc::limit; the detail begins with "rule N: ".
    static Result<KerberosUsers> create(const std::vector<certs::SubjectRule>& rules,
                                        std::string_view realm);

    struct Match {
        std::size_t rule;  // from 1; 0: none is configured, the default pattern
        std::string name;  // "jane@CORP.EXAMPLE"
    };
    /// Errors: Errc::denied: no rule fits, or its pattern cannot be filled.
    Result<Match> apply(certs::UserType type, const boost::json::object& claims) const;

private:
    struct Compiled {
        std::vector<certs::SubjectCondition> when;
        KerberosNamePattern pattern;
        std::size_t number;
    };
    std::vector<Compiled> rules_;
};

}  // namespace sallyport::agent
