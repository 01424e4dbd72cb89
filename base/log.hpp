#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

/// The log is for operators and may change: an event name, then `key=value`. Levels: *error* =
/// somebody must act, *warn* = we coped, *info* = state changed, *debug* = per exchange. Writing
/// never blocks the caller: lines go to a bounded queue, and what does not fit is counted and
/// reported.
namespace sallyport::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };
enum class Target { standard_error, standard_output, journal };

/// As people and configurations call it: "debug", "info", ...
std::string_view to_text(Level level);

/// How lines are written. Only the level may change while the program runs.
struct Settings {
    Level level = Level::info;
    Format format = Format::text;            // the journal has fields of its own
    Target target = Target::standard_error;  // which the service manager leads to the journal
    std::filesystem::path journal_socket = "/run/systemd/journal/socket";

    bool operator==(const Settings&) const = default;
};

/// One `key=value`. Secrets have no conversion to it on purpose.
class Value {
public:
    Value(std::string_view key, std::string_view value) : key_(key), text_(value) {}
    Value(std::string_view key, const char* value) : key_(key), text_(value) {}
    Value(std::string_view key, const std::string& value) : key_(key), text_(value) {}
    Value(std::string_view key, bool value)
        : key_(key), text_(value ? "true" : "false"), is_literal_(true) {}
    template <std::integral T>
    Value(std::string_view key, T value)
        : key_(key), text_(std::to_string(value)), is_literal_(true) {}

    std::string_view key() const { return key_; }
    std::string_view text() const { return text_; }
    /// A number or a truth value: JSON has it without quotes.
    bool is_literal() const { return is_literal_; }

private:
    std::string_view key_;
    std::string text_;
    bool is_literal_ = false;
};

/// Starts the writer; before that (and in tests) lines go nowhere. `program` heads each line.
void start(std::string_view program, const Settings& settings);
/// Writes what is queued and stops; gives up on a reader that has stood still for stop_time.
void stop();
void set_level(Level level);
Level level();
bool enabled(Level level);
/// Lines lost because the queue was full, or nobody took them.
std::uint64_t dropped();

void write(Level level, std::string_view event, std::initializer_list<Value> values);

inline void debug(std::string_view event, std::initializer_list<Value> values = {}) {
    write(Level::debug, event, values);
}
inline void info(std::string_view event, std::initializer_list<Value> values = {}) {
    write(Level::info, event, values);
}
inline void warn(std::string_view event, std::initializer_list<Value> values = {}) {
    write(Level::warn, event, values);
}
inline void error(std::string_view event, std::initializer_list<Value> values = {}) {
    write(Level::error, event, values);
}

}  // namespace sallyport::log
