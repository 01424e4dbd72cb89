#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

/// The log is for operators and may change: an event name, then `key=value`. Levels: *error* =
/// somebody must act, *warn* = we coped, *info* = state changed, *debug* = per exchange. Writing
/// never blocks the caller: lines go to a bounded queue, and what does not fit is counted and
/// reported.
namespace sallyport::log {

enum class Level { debug, info, warn, error, off };

/// One `key=value`. Secrets have no conversion to it on purpose.
class Value {
public:
    Value(std::string_view key, std::string_view value) : key_(key), text_(value) {}
    Value(std::string_view key, const char* value) : key_(key), text_(value) {}
    Value(std::string_view key, const std::string& value) : key_(key), text_(value) {}
    Value(std::string_view key, bool value) : key_(key), text_(value ? "true" : "false") {}
    template <std::integral T>
    Value(std::string_view key, T value) : key_(key), text_(std::to_string(value)) {}

    std::string_view key() const { return key_; }
    std::string_view text() const { return text_; }

private:
    std::string_view key_;
    std::string text_;
};

/// Starts the writer; before that (and in tests) lines go nowhere. `program` heads each line.
void start(std::string_view program, Level level);
/// Writes what is queued and stops.
void stop();
void set_level(Level level);
bool enabled(Level level);
/// Lines lost because the queue was full.
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

/// `value` as it stands in a line: quoted and escaped if it has spaces, quotes or control
/// characters.
std::string quoted(std::string_view value);

}  // namespace sallyport::log
