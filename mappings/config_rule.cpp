#include "mappings/config_rule.hpp"

#include "mappings/config_sftp.hpp"
#include "mappings/path_readings.hpp"

#include <algorithm>

namespace sallyport::mappings {
namespace {

/// Methods are case-sensitive (RFC 9110 section 9.1), and those in use have no small letters:
/// "Get" in a rule would never match and look as if it did.
bool is_method(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

constexpr std::size_t scenario_bytes_max = 64;

}  // namespace

bool is_scenario_name(std::string_view text) {
    return !text.empty() && text.size() <= scenario_bytes_max &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
           });
}

std::optional<Moment> read_expires(ConfigTable& table) {
    const auto text = table.text("expires");
    if (text.empty()) return std::nullopt;
    const auto moment = parse_moment(text);
    if (moment) return *moment;
    table.problem("expires", moment.error().detail);
    return std::nullopt;
}

std::string read_scenario(ConfigTable& table) {
    auto name = table.text("scenario");
    if (!name.empty() && !is_scenario_name(name))
        table.problem("scenario", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    return name;
}

std::optional<Rule> read_rule(ConfigTable& table) {
    const bool has_function = !table.text("function").empty();
    if (has_function)
        table.problem("function", "belongs to mappings of rfc://; a rule here says path");
    Rule rule;
    rule.path = table.text("path");
    rule.match =
        table.choice("match", {"exact", "subpaths"}) == "exact" ? Match::exact : Match::subpaths;
    rule.methods = table.texts("methods");
    rule.upgrade = table.boolean("upgrade", false);
    rule.batch = table.boolean("batch", false);
    rule.enabled = table.boolean("enabled", true);
    rule.description = table.text("description");
    rule.expires = read_expires(table);
    rule.scenario = read_scenario(table);
    read_file_rule(table, rule);
    table.done();
    if (table.has("methods") && rule.methods.empty())
        table.problem("methods", "must name a method; leave it out to allow all");
    if (!std::ranges::all_of(rule.methods, is_method))
        table.problem("methods", "must be methods in capital letters, e.g. [\"GET\", \"HEAD\"]");
    if (is_plain_path(rule.path)) return rule;
    if (!has_function)
        table.problem("path", "must start with / and have no %, ;, ?, //, . or .. segment");
    return std::nullopt;
}

void warn_of_rule(const Rule& rule, const std::string& where, std::vector<std::string>& warnings) {
    const auto has = [&](std::string_view method) {
        return std::ranges::find(rule.methods, method) != rule.methods.end();
    };
    if (has("POST") && !has("HEAD"))
        warnings.push_back(where + ": rule " + rule.path +
                           " allows POST without HEAD, which clients use to fetch a CSRF token");
    if (!rule.batch && rule.path.ends_with("/$batch"))
        warnings.push_back(where + ": rule " + rule.path +
                           " can match nothing without batch = true");
}

}  // namespace sallyport::mappings
