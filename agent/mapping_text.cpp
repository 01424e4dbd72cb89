#include "agent/mapping_text.hpp"

#include "base/error.hpp"
#include "mappings/document_edit.hpp"

#include <string_view>

namespace sallyport::agent {
namespace {

using mappings::toml_string;

void add_line(std::string& text, std::string_view key, const std::string& value) {
    text.append(key).append(" = ").append(value).append("\n");
}

void add_text(std::string& text, std::string_view key, const std::string& value) {
    if (!value.empty()) add_line(text, key, toml_string(value));
}

std::string rule_text_of(const NewMapping& mapping, std::string_view key,
                         const std::string& subject) {
    std::string text = "[[mapping.rule]]\n";
    add_text(text, key, subject);
    add_text(text, "match", mapping.match);
    std::string methods;
    for (const auto& method : mapping.methods)
        methods.append(methods.empty() ? "" : ", ").append(toml_string(method));
    if (!methods.empty()) add_line(text, "methods", "[" + methods + "]");
    if (mapping.upgrade) add_line(text, "upgrade", "true");
    add_text(text, "scenario", mapping.scenario);
    return text;
}

std::string all_rules(const NewMapping& mapping, const std::string& more) {
    std::string text;
    const auto add = [&](std::string_view key, const std::string& subject) {
        text.append(text.empty() ? "" : "\n")
            .append(rule_text_of(mapping, key, subject))
            .append(more);
    };
    for (const auto& path : mapping.paths) add("path", path);
    for (const auto& function : mapping.functions) add("function", function);
    return text;
}

}  // namespace

std::string mapping_text(const NewMapping& mapping) {
    std::string text = "[[mapping]]\n";
    add_text(text, "virtual", mapping.name);
    add_text(text, "internal", mapping.internal);
    add_text(text, "hub", mapping.hub);
    add_text(text, "description", mapping.description);
    add_text(text, "expires", mapping.expires);
    if (mapping.disabled) add_line(text, "enabled", "false");
    const auto rules = all_rules(mapping, {});
    return rules.empty() ? text : text + "\n" + rules;
}

std::string rules_text_of(const NewMapping& mapping) {
    std::string more;
    add_text(more, "description", mapping.description);
    add_text(more, "expires", mapping.expires);
    if (mapping.disabled) add_line(more, "enabled", "false");
    return all_rules(mapping, more);
}

Result<std::string> document_of(const std::filesystem::path& config, const std::string& name) {
    const std::string file = name.empty() ? "mappings.toml" : name;
    if (file.find('/') != std::string::npos || file.starts_with('.') || !file.ends_with(".toml"))
        return Error{Errc::malformed, "\"" + file +
                                          "\" is no file of mappings.d: say a name like erp.toml, "
                                          "without a folder"};
    return (config.parent_path() / "mappings.d" / file).string();
}

}  // namespace sallyport::agent
