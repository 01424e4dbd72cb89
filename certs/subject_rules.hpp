#pragma once

#include "base/result.hpp"
#include "certs/distinguished_name.hpp"
#include "certs/subject_variables.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

/// A subject with holes, "CN=${name},OU=${mail}": RFC 4514 text in which a value may have
/// variables.
class SubjectPattern {
public:
    static constexpr std::size_t bytes_max = 1024;

    /// Escapes in literal text are those of RFC 4514 with one character (`\,`). Not supported, and
    /// refused: several attributes in one part (`+`), quoted and hexadecimal values.
    /// Errors: Errc::malformed, Errc::limit; the detail says what is wrong where.
    static Result<SubjectPattern> parse(std::string_view text);

    /// Errors: Errc::denied if a variable is missing or has several values, or a value does not fit
    /// into a subject; the detail names it.
    Result<DistinguishedName> fill(const SubjectVariables& variables) const;

private:
    struct Piece {
        bool is_variable;
        std::string text;  // literal, or the variable's name
    };
    struct Part {
        NameAttribute attribute;
        std::vector<Piece> pieces;
    };
    class Reader;
    std::vector<Part> parts_;
};

struct SubjectCondition {
    enum class Kind { exists, missing, is, is_not };
    std::string variable;
    Kind kind = Kind::is;
    std::string value;  // of is and is_not

    /// A variable with several values `is` each of them. `is_not` needs the variable to be there.
    bool holds(const SubjectVariables& variables) const;
    bool operator==(const SubjectCondition&) const = default;
};

/// As configured: [principal] subject.
struct SubjectRule {
    std::vector<SubjectCondition> when;  // all must hold; none: always
    std::string pattern;
    bool operator==(const SubjectRule&) const = default;
};

/// Which subject a user has in certificates. The first rule whose conditions hold decides, even if
/// its pattern then cannot be filled: falling through to a laxer rule would give a user another
/// name just because a claim is missing.
class SubjectRules {
public:
    static constexpr std::size_t rules_max = 100;
    static constexpr std::size_t conditions_max = 16;
    static constexpr std::string_view default_pattern = "CN=${name}";

    /// Without a rule it is the default pattern for everybody.
    /// Errors: Errc::malformed; the detail begins with "rule N: ".
    static Result<SubjectRules> create(const std::vector<SubjectRule>& rules);

    struct Match {
        std::size_t rule;  // from 1; 0: no rule is configured, the default pattern
        DistinguishedName subject;
    };
    /// Errors: Errc::denied: no rule fits, or its pattern cannot be filled.
    Result<Match> apply(UserType type, const boost::json::object& claims) const;

private:
    struct Compiled {
        std::vector<SubjectCondition> when;
        SubjectPattern pattern;
        std::size_t number;
    };
    std::vector<Compiled> rules_;
};

}  // namespace sallyport::certs
