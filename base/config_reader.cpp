#include "base/config_reader.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/secret_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <numeric>

namespace sallyport {

std::string ConfigProblems::text() const {
    std::string all;
    for (const auto& problem : problems_) all += (all.empty() ? "" : "\n") + problem;
    return all;
}

/// A table and what was asked of it. Shared by copies of a ConfigTable; the document lives as long.
struct ConfigTable::State {
    std::shared_ptr<const toml::table> document;
    const toml::table* table = nullptr;  // in the document, or null for a missing one
    std::string file;
    std::string path;  // "mapping.rule", for people
    ConfigProblems* problems = nullptr;
    std::vector<std::string> known;

    const toml::node* find(std::string_view key) {
        if (std::ranges::find(known, key) == known.end()) known.emplace_back(key);
        return table == nullptr ? nullptr : table->get(key);
    }
    void report(const toml::source_region& where, const std::string& what) const {
        problems->add(file + ":" + std::to_string(where.begin.line) + ":" +
                      std::to_string(where.begin.column) + ": " + what);
    }
    std::string name_of(std::string_view key) const {
        return path.empty() ? std::string(key) : path + "." + std::string(key);
    }
    void wrong(const toml::node& node, std::string_view key, std::string_view what) const {
        report(node.source(), name_of(key) + " " + std::string(what));
    }
    std::shared_ptr<State> child(const toml::table* inner, std::string_view key) const {
        auto state = std::make_shared<State>(*this);
        state->table = inner;
        state->path = name_of(key);
        state->known.clear();
        return state;
    }
};

ConfigTable::ConfigTable(std::shared_ptr<State> state) : state_(std::move(state)) {}

bool ConfigTable::has(std::string_view key) const { return state_->find(key) != nullptr; }

bool ConfigTable::is_list(std::string_view key) const {
    const auto* node = state_->find(key);
    return node != nullptr && node->is_array();
}

bool ConfigTable::is_text(std::string_view key) const {
    const auto* node = state_->find(key);
    return node != nullptr && node->is_string();
}

bool ConfigTable::is_boolean(std::string_view key) const {
    const auto* node = state_->find(key);
    return node != nullptr && node->is_boolean();
}

std::vector<std::string> ConfigTable::keys() const {
    std::vector<std::string> all;
    if (state_->table == nullptr) return all;
    for (const auto& [key, node] : *state_->table) all.emplace_back(key.str());
    return all;
}

std::string ConfigTable::text(std::string_view key, std::string_view fallback) {
    const auto* node = state_->find(key);
    if (node == nullptr) return std::string(fallback);
    if (const auto* value = node->as_string()) return value->get();
    state_->wrong(*node, key, "must be a text in quotes");
    return std::string(fallback);
}

bool ConfigTable::boolean(std::string_view key, bool fallback) {
    const auto* node = state_->find(key);
    if (node == nullptr) return fallback;
    if (const auto* value = node->as_boolean()) return value->get();
    state_->wrong(*node, key, "must be true or false");
    return fallback;
}

std::int64_t ConfigTable::integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                                  std::int64_t max) {
    const auto* node = state_->find(key);
    if (node == nullptr) return fallback;
    const auto* value = node->as_integer();
    if (value != nullptr && value->get() >= min && value->get() <= max) return value->get();
    state_->wrong(*node, key,
                  "must be a number from " + std::to_string(min) + " to " + std::to_string(max));
    return fallback;
}

std::chrono::milliseconds ConfigTable::duration(std::string_view key,
                                                std::chrono::milliseconds fallback,
                                                std::chrono::milliseconds min,
                                                std::chrono::milliseconds max) {
    const auto* node = state_->find(key);
    if (node == nullptr) return fallback;
    if (const auto* value = node->as_string()) {
        const auto parsed = parse_duration(value->get());
        if (parsed && *parsed >= min && *parsed <= max) return *parsed;
    }
    state_->wrong(*node, key,
                  "must be a time like \"250ms\", \"60s\", \"10m\", \"12h\" or \"30d\", from " +
                      format_duration(min) + " to " + format_duration(max));
    return fallback;
}

std::vector<std::string> ConfigTable::texts(std::string_view key) {
    std::vector<std::string> all;
    const auto* node = state_->find(key);
    if (node == nullptr) return all;
    const auto* array = node->as_array();
    if (array == nullptr) {
        state_->wrong(*node, key, "must be a list of texts");
        return all;
    }
    for (const auto& item : *array) {
        if (const auto* value = item.as_string())
            all.push_back(value->get());
        else
            state_->wrong(item, key, "must be a list of texts");
    }
    return all;
}

std::filesystem::path ConfigTable::path(std::string_view key,
                                        const std::filesystem::path& fallback) {
    const auto* node = state_->find(key);
    if (node == nullptr) return fallback;
    auto value = text(key);
    if (value.starts_with('/') && value.find('\0') == std::string::npos) return value;
    if (node->is_string()) problem(key, "must be an absolute path, e.g. \"/etc/sallyport/ca.pem\"");
    return fallback;
}

std::filesystem::path ConfigTable::secret_path(std::string_view key) {
    const auto value = text(key);
    if (value.empty()) return {};
    auto path = sallyport::secret_path(value, credentials_folder());
    if (path) return *path;
    problem(key, path.error().detail);
    return {};
}

std::string ConfigTable::choice(std::string_view key,
                                std::initializer_list<std::string_view> allowed) {
    auto value = text(key, *allowed.begin());
    if (std::ranges::find(allowed, value) != allowed.end()) return value;
    std::string list;
    for (const auto option : allowed) list += (list.empty() ? "" : ", ") + std::string(option);
    problem(key, "must be one of " + list);
    return std::string(*allowed.begin());
}

ConfigTable ConfigTable::table(std::string_view key) {
    const auto* node = state_->find(key);
    const auto* inner = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && inner == nullptr) state_->wrong(*node, key, "must be a table");
    return ConfigTable(state_->child(inner, key));
}

std::vector<ConfigTable> ConfigTable::tables(std::string_view key) {
    std::vector<ConfigTable> all;
    const auto* node = state_->find(key);
    if (node == nullptr) return all;
    const auto* array = node->as_array();
    if (array == nullptr) {
        state_->wrong(*node, key, "must be written as [[" + state_->name_of(key) + "]]");
        return all;
    }
    for (const auto& item : *array) {
        const auto* inner = item.as_table();
        if (inner == nullptr)
            state_->wrong(item, key, "must be written as [[" + state_->name_of(key) + "]]");
        else
            all.emplace_back(state_->child(inner, key));
    }
    return all;
}

void ConfigTable::later(std::initializer_list<std::string_view> keys) {
    for (const auto key : keys)
        if (const auto* node = state_->find(key))
            state_->wrong(*node, key, "is not supported yet in this version");
}

void ConfigTable::problem(std::string_view key, std::string_view what) {
    const auto* node = key.empty() ? nullptr : state_->find(key);
    if (node != nullptr) return state_->wrong(*node, key, what);
    const auto name = key.empty() ? state_->path : state_->name_of(key);
    const auto text = name + (name.empty() ? "" : " ") + std::string(what);
    if (state_->table != nullptr)
        state_->report(state_->table->source(), text);
    else
        state_->problems->add(state_->file + ": " + text);
}

void ConfigTable::done() {
    if (state_->table == nullptr) return;
    for (const auto& [key, node] : *state_->table) {
        const std::string name(key.str());
        if (std::ranges::find(state_->known, name) != state_->known.end()) continue;
        auto what = "unknown key " + state_->name_of(name);
        if (const auto meant = nearest(name, state_->known))
            what += "; did you mean " + *meant + "?";
        state_->report(key.source(), what);
    }
}

namespace {

/// Each dot of a key nests a table, and the parser (toml++ 3.3) ends nested tables by recursion:
/// some ten thousand would exhaust the stack. It bounds the nesting of values itself.
constexpr std::size_t dots_per_line_max = 128;

/// The number of the first line with too many dots, from 1; 0 if there is none.
std::size_t line_with_too_many_dots(std::string_view text) {
    std::size_t line = 1;
    std::size_t dots = 0;
    for (const char c : text) {
        if (c == '.' && ++dots > dots_per_line_max) return line;
        if (c != '\n') continue;
        ++line;
        dots = 0;
    }
    return 0;
}

}  // namespace

ConfigTable read_config(std::string_view text, const std::string& name, ConfigProblems& problems) {
    auto state = std::make_shared<ConfigTable::State>();
    state->file = name;
    state->problems = &problems;
    if (const auto line = line_with_too_many_dots(text)) {
        problems.add(name + ":" + std::to_string(line) + ":1: the line has more than " +
                     std::to_string(dots_per_line_max) + " dots; break it into several");
        return ConfigTable(std::move(state));
    }
    try {
        auto document = std::make_shared<const toml::table>(toml::parse(text, name));
        state->table = document.get();
        state->document = std::move(document);
    } catch (const toml::parse_error& error) {
        state->report(error.source(), std::string(error.description()));
    }
    return ConfigTable(std::move(state));
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
    const auto distance = [](std::string_view a, std::string_view b) {
        std::vector<std::size_t> row(b.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 1; i <= a.size(); ++i) {
            auto diagonal = std::exchange(row[0], i);
            for (std::size_t j = 1; j <= b.size(); ++j) {
                const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
            }
        }
        return row.back();
    };
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : candidates) {
        const auto far = distance(word, candidate);
        if (far >= best_distance) continue;
        best_distance = far;
        best = candidate;
    }
    return best;
}

namespace {

constexpr std::pair<std::string_view, std::int64_t> units[] = {  // of time, in milliseconds
    {"ms", 1},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000}};

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    const auto number = parse_decimal(digits);
    constexpr std::uint64_t number_max = 1'000'000'000;
    if (number && *number <= number_max)
        for (const auto& [unit, milliseconds] : units)
            if (text.substr(digits.size()) == unit)
                return std::chrono::milliseconds(static_cast<std::int64_t>(*number) * milliseconds);
    return Error{Errc::malformed, "\"" + std::string(text) + "\" is not a time like \"60s\""};
}

std::string format_duration(std::chrono::milliseconds time) {
    auto best = units[0];
    for (const auto& unit : units)
        if (time.count() != 0 && time.count() % unit.second == 0) best = unit;
    return std::to_string(time.count() / best.second) + std::string(best.first);
}

}  // namespace sallyport
