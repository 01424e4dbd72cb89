#include "hub/config_words.hpp"

#include "mappings/toml_scanner.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

/// No key is called so: of a line that has none.
constexpr std::string_view no_key = "?";

}  // namespace

ConfigWords ConfigWords::of(std::string_view text) {
    ConfigWords words;
    mappings::TomlScanner scanner(text, "[");
    std::string table;  // "hub.", as keys begin
    auto* values = &words.values_;
    const auto put = [&](const std::string& key, std::optional<std::string> value) {
        const auto [there, is_new] = values->try_emplace(table + key, std::move(value));
        if (!is_new) there->second.reset();  // which of the two was meant?
    };
    while (!scanner.at_end()) {
        scanner.skip_blanks();
        const char first = scanner.peek();
        if (first == '#' || first == '\n' || first == '\r') {
            scanner.skip_line();
            continue;
        }
        if (first == '[') {
            const bool is_array = scanner.starts("[[");
            scanner.skip(is_array ? 2 : 1);
            const auto name = scanner.key();
            const bool is_certificate = is_array && name == "certificate";
            table = is_certificate ? "" : (name.empty() ? std::string(no_key) : name) + ".";
            if (is_certificate) words.certificates_.emplace_back();
            values = is_certificate ? &words.certificates_.back() : &words.values_;
            scanner.skip_line();
            continue;
        }
        const auto key = scanner.key();
        if (key.empty() || scanner.peek() != '=') {
            put(key.empty() ? std::string(no_key) : key, std::nullopt);
            scanner.skip_line();
            continue;
        }
        scanner.skip(1);
        scanner.skip_blanks();
        const auto value = std::string(scanner.value().of(text));
        put(key, value);
        // What is not closed may have swallowed other keys and tables.
        if (scanner.at_end() && value.find('\n') != std::string::npos) {
            table.clear();
            put(std::string(no_key), std::nullopt);
        }
        scanner.skip_line();
    }
    return words;
}

std::set<std::string> ConfigWords::differences(const ConfigWords& before, const ConfigWords& now) {
    std::set<std::string> keys;
    const auto look = [&](const Values& here, const Values& there) {
        for (const auto& [key, value] : here) {
            const auto other = there.find(key);
            if (!value || other == there.end() || other->second != value) keys.insert(key);
        }
    };
    look(before.values_, now.values_);
    look(now.values_, before.values_);
    return keys;
}

bool ConfigWords::are_same(const Values& before, const Values& now) {
    return before == now &&
           std::ranges::all_of(now, [](const auto& entry) { return entry.second.has_value(); });
}

}  // namespace sallyport::hub
