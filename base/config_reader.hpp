#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

/// What is wrong with a configuration, all of it, in the order it was found.
class ConfigProblems {
public:
    void add(std::string problem) { problems_.push_back(std::move(problem)); }
    bool empty() const { return problems_.empty(); }
    std::size_t count() const { return problems_.size(); }
    /// One per line.
    std::string text() const;

private:
    std::vector<std::string> problems_;
};

/// One TOML table, read strictly: each getter checks type and range and remembers the key; done()
/// reports the keys nobody asked for. Problems carry "file:line:column". A copy sees the same
/// table.
class ConfigTable {
public:
    struct State;  // the parser's, see config_reader.cpp
    explicit ConfigTable(std::shared_ptr<State> state);

    bool has(std::string_view key) const;
    bool is_list(std::string_view key) const;
    bool is_text(std::string_view key) const;
    bool is_boolean(std::string_view key) const;
    /// All keys of a table whose keys are free to choose; in no order worth relying on.
    std::vector<std::string> keys() const;

    std::string text(std::string_view key, std::string_view fallback = "");
    bool boolean(std::string_view key, bool fallback);
    std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t min,
                         std::int64_t max);
    /// "250ms", "60s", "10m", "12h", "30d".
    std::chrono::milliseconds duration(std::string_view key, std::chrono::milliseconds fallback,
                                       std::chrono::milliseconds min,
                                       std::chrono::milliseconds max);
    std::vector<std::string> texts(std::string_view key);
    /// An absolute path: a service has no folder of its own to start from.
    std::filesystem::path path(std::string_view key, const std::filesystem::path& fallback = {});
    /// Of a file with a secret: also "credential:NAME" (base/secret_file.hpp). Empty: none.
    std::filesystem::path secret_path(std::string_view key);
    /// One of `allowed`; the first is the fallback.
    std::string choice(std::string_view key, std::initializer_list<std::string_view> allowed);

    /// A missing table reads as an empty one.
    ConfigTable table(std::string_view key);
    /// [[key]]; none if missing.
    std::vector<ConfigTable> tables(std::string_view key);

    /// Keys of later versions: present means "not supported yet", never silently ignored.
    void later(std::initializer_list<std::string_view> keys);
    /// A problem with the value of `key`, or with the table if it is empty.
    void problem(std::string_view key, std::string_view what);
    /// Reports keys that were not asked for, with what may have been meant.
    void done();

private:
    std::shared_ptr<State> state_;
};

/// Reads a TOML document. `name` heads the problems. A document that is no TOML gives one problem
/// and an empty table.
ConfigTable read_config(std::string_view text, const std::string& name, ConfigProblems& problems);

/// The candidate nearest to `word`, if near enough to be what was meant.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// "60s" and so on. Errors: Errc::malformed.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// In the largest unit that gives a whole number.
std::string format_duration(std::chrono::milliseconds time);

}  // namespace sallyport
