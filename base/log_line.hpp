#pragma once

#include "base/log.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// For who writes a line per request: it is built in a buffer that is used again and again.
namespace sallyport::log {

/// One line after the other. Of one thread.
class Line {
public:
    /// Longer values are cut here, and end in "...".
    static constexpr std::size_t value_bytes_max = 8192;

    /// Begins anew. `event` and all keys are literals of a-z, 0-9, _ and dots.
    void begin(Level level, std::string_view event);
    void add(std::string_view key, std::string_view value);
    void add(std::string_view key, std::uint64_t value);
    /// A number or a truth value, as it is.
    void add_literal(std::string_view key, std::string_view value);
    /// What is empty does not apply, and is left out.
    void add_known(std::string_view key, std::string_view value) {
        if (!value.empty()) add(key, value);
    }
    /// Hands it to the writer, where the level is enabled.
    void write();

private:
    Level level_ = Level::debug;
    std::string text_;    // or members of a JSON object
    std::string fields_;  // of the journal
};

}  // namespace sallyport::log
