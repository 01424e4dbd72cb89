#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport {

enum class Tone : std::uint8_t { plain, good, warning, bad, faint, strong };

/// Puts colours around text for a person's terminal, or none where nobody would see them. What goes
/// in is cleaned (base/terminal.hpp), so foreign text brings no sequence of its own.
class Paint {
public:
    enum class Colours : std::uint8_t { off, on };

    explicit Paint(Colours colours = Colours::off) : colours_(colours) {}
    /// Colours if `file` is a terminal, unless NO_COLOR is set and not empty (no-color.org), or
    /// TERM is "dumb".
    static Paint of(int file);

    std::string operator()(Tone tone, std::string_view text) const;
    bool is_on() const { return colours_ == Colours::on; }

private:
    Colours colours_;
};

}  // namespace sallyport
