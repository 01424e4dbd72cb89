#include "agent/explain.hpp"

#include "agent/deliveries.hpp"
#include "agent/explain_ldap.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/strict_json.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <utility>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

/// "http://host[:port]/path" in its two parts.
Result<std::pair<std::string, std::string>> split_url(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!equal_ignoring_case(url.substr(0, scheme.size()), scheme))
        return Error{Errc::malformed, "the URL must begin with http://, as applications write it"};
    const auto rest = url.substr(scheme.size());
    const auto slash = rest.find('/');
    return std::pair(std::string(rest.substr(0, slash)),
                     slash == std::string_view::npos ? "/" : std::string(rest.substr(slash)));
}

/// What a stream is opened to has no path.
Result<std::pair<std::string, std::string>> as_authority(const std::string& text) {
    return std::pair(text, std::string());
}

void refuse(std::string_view why, CommandOutput& output, json::object& facts) {
    facts["allowed"] = false;
    facts["reason"] = why;
    output.text += "refused: " + std::string(why) + "\n";
    output.exit_code = 1;
}

/// Adds as whom the back end would see a user with those claims.
void explain_principal(const Site& site, const mappings::Mapping& mapping,
                       const certs::Principal& principal, CommandOutput& output,
                       json::object& facts) {
    facts["principal"] = principal.name;
    facts["user_type"] = certs::to_text(principal.type);
    output.text += "on behalf of " + principal.name + " (" +
                   std::string(certs::to_text(principal.type)) + ")\n";
    const auto seen = appearance_of(site, mapping, &principal);
    if (!seen) {
        return refuse(seen.error().detail, output, facts);
    }
    const auto delivery = delivery_text(site, mapping, &principal);
    facts["appears_as"] = seen->text;
    facts["delivery"] = delivery;
    if (!seen->kerberos_name.empty()) {
        facts["user_rule"] = seen->rule;
        facts["kerberos_name"] = seen->kerberos_name;
        facts["service"] = service_principal(site, mapping);
        output.text +=
            "user rule " + (seen->rule == 0 ? "by default" : std::to_string(seen->rule)) + "\n";
    }
    if (!seen->subject.empty()) {
        facts["subject_rule"] = seen->rule;
        facts["subject"] = seen->subject.text();
        output.text +=
            "subject rule " + (seen->rule == 0 ? "by default" : std::to_string(seen->rule)) + "\n";
    }
    output.text += "the back end sees " + (seen->text.empty() ? "nobody" : seen->text) + ": " +
                   delivery + "\n";
}

/// What becomes of the request with a token of those claims, or without one.
void explain_user(const Site& site, const mappings::Mapping& mapping,
                  const std::optional<SampleClaims>& claims, certs::Time now, CommandOutput& output,
                  json::object& facts) {
    if (!mapping.principal.looks_at_tokens()) {
        if (claims) output.text += "this mapping tells the back end nothing about users\n";
        return;
    }
    if (claims) {
        const auto good = check_sample(claims->claims, site.config.identity_providers, now);
        if (!good) return refuse(good.error().detail, output, facts);
        return explain_principal(site, mapping, *claims->principal, output, facts);
    }
    facts["user_required"] = mapping.principal.required;
    output.text += mapping.principal.required
                       ? "but only with the token of a user (principal.required); "
                       : "without a user's token on behalf of nobody; ";
    output.text += "--claims FILE tells about users\n";
}

}  // namespace

Result<CommandOutput> explain(const Site& site, const Question& question, certs::Time now) {
    const bool is_ldap = question.method == "LDAP";
    const bool is_rfc = question.method == "RFC";
    if (is_ldap == question.operation.empty())
        return Error{Errc::malformed, "LDAP and --operation, e.g. search, belong together"};
    if (is_rfc == question.rfc.function.empty())
        return Error{Errc::malformed,
                     "RFC and --function, e.g. BAPI_USER_GET_DETAIL, belong together"};
    const bool is_stream = is_ldap || is_rfc || question.method == "CONNECT";
    const auto parts = is_stream ? as_authority(question.url) : split_url(question.url);
    if (!parts) return parts.error();
    const mappings::Access access{.authority = parts->first,
                                  .target = parts->second,
                                  .method = question.method,
                                  .upgrade = question.upgrade,
                                  .stream = is_stream};
    const auto decision = site.table.decide(access, now);
    CommandOutput output;
    json::object facts{{"allowed", decision.allowed()}};
    if (decision.mapping != nullptr) {
        const auto name = decision.mapping->virtual_text();
        const auto internal = decision.mapping->internal.text(decision.internal_port);
        facts["mapping"] = name;
        facts["internal"] = internal;
        output.text += "mapping " + name + " -> " + internal + "\n";
    }
    if (decision.allowed() && is_ldap) {
        auto explained = explain_ldap(*decision.mapping, question.operation, facts);
        if (!explained) return explained.error();
        output.text += explained->text;
        output.exit_code = explained->exit_code;
    } else if (decision.allowed() && is_stream) {
        explain_rfc(*decision.mapping, question.rfc, output, facts);
    } else if (decision.allowed()) {
        facts["rule"] = decision.rule_number;
        facts["path"] = decision.rule->path;
        output.text +=
            "allowed by rule " + std::to_string(decision.rule_number) + ": " + decision.rule->path +
            (decision.rule->match == mappings::Match::exact ? " (exact)" : " (subpaths)") + "\n";
        explain_user(site, *decision.mapping, question.claims, now, output, facts);
    } else {
        const auto hidden = mappings::hidden_text(decision);
        facts["reason"] = hidden.empty() ? mappings::denial_text(decision, access) : hidden;
        output.text += "refused: " + std::string(facts["reason"].as_string()) + "\n";
        output.exit_code = 1;
    }
    output.json = std::move(facts);
    return output;
}

Result<Question> read_question(std::string_view body) {
    auto object = certs::parse_strict_object(body);
    if (!object) return object.error();
    Question question;
    for (auto& [key, value] : *object) {
        const std::string name(key);
        const auto texts = {std::pair("method", &question.method),
                            std::pair("url", &question.url),
                            std::pair("operation", &question.operation),
                            std::pair("function", &question.rfc.function),
                            std::pair("client", &question.rfc.client),
                            std::pair("user", &question.rfc.user)};
        const auto* const text =
            std::ranges::find_if(texts, [&](const auto& one) { return one.first == name; });
        if (text != texts.end() && value.is_string()) {
            *text->second = std::string(value.get_string());
        } else if (name == "upgrade" && value.is_bool()) {
            question.upgrade = value.get_bool();
        } else if (name == "claims" && value.is_object()) {
            auto claims = sample_of(std::move(value.get_object()));
            if (!claims) return claims.error();
            question.claims = std::move(*claims);
        } else {
            return Error{Errc::malformed,
                         "\"" + name + "\" is not known, or not of the right kind"};
        }
    }
    if (question.method.empty() || question.url.empty())
        return Error{Errc::malformed, "say \"method\" and \"url\""};
    return question;
}

}  // namespace sallyport::agent
