#include "certs/subject_rules.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::certs {

bool SubjectCondition::holds(const SubjectVariables& variables) const {
    const auto values = variables.values(variable);
    const bool has = std::ranges::find(values, value) != values.end();
    switch (kind) {
        case Kind::exists:
            return !values.empty();
        case Kind::missing:
            return values.empty();
        case Kind::is:
            return has;
        case Kind::is_not:
            return !values.empty() && !has;
    }
    return false;
}

Result<SubjectRules> SubjectRules::create(const std::vector<SubjectRule>& rules) {
    SubjectRules made;
    if (rules.empty()) {
        auto pattern = SubjectPattern::parse(default_pattern);
        if (!pattern) return pattern.error();
        made.rules_.push_back({{}, std::move(*pattern), 0});
        return made;
    }
    if (rules.size() > rules_max)
        return Error{Errc::limit, "at most " + std::to_string(rules_max) + " subject rules"};
    for (const auto& rule : rules) {
        const auto number = made.rules_.size() + 1;
        const auto where = "rule " + std::to_string(number) + ": ";
        auto pattern = SubjectPattern::parse(rule.pattern);
        if (!pattern) return Error{pattern.error().code, where + pattern.error().detail};
        if (rule.when.size() > conditions_max)
            return Error{Errc::limit,
                         where + "at most " + std::to_string(conditions_max) + " conditions"};
        made.rules_.push_back({rule.when, std::move(*pattern), number});
    }
    return made;
}

Result<SubjectRules::Match> SubjectRules::apply(UserType type,
                                                const boost::json::object& claims) const {
    const SubjectVariables variables(type, claims);
    for (const auto& rule : rules_) {
        const auto holds = [&](const SubjectCondition& one) { return one.holds(variables); };
        if (!std::ranges::all_of(rule.when, holds)) continue;
        auto subject = rule.pattern.fill(variables);
        if (subject) return Match{rule.number, std::move(*subject)};
        const auto where = rule.number == 0
                               ? std::string("the default subject rule")
                               : "rule " + std::to_string(rule.number) + " of [principal] subject";
        return Error{Errc::denied, where + " fits this user, but " + subject.error().detail};
    }
    return Error{Errc::denied,
                 "no rule of [principal] subject fits this user: add a last one without `when`"};
}

}  // namespace sallyport::certs
