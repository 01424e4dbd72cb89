#include "base/paint.hpp"

#include "base/terminal.hpp"

#include <cstdlib>
#include <unistd.h>

namespace sallyport {
namespace {

std::string_view environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

std::string_view sequence_of(Tone tone) {
    switch (tone) {
        case Tone::plain:
            break;
        case Tone::good:
            return "\x1b[32m";
        case Tone::warning:
            return "\x1b[33m";
        case Tone::bad:
            return "\x1b[1;31m";
        case Tone::faint:
            return "\x1b[2m";
        case Tone::strong:
            return "\x1b[1m";
    }
    return {};
}

}  // namespace

Paint Paint::of(int file) {
    const bool wanted =
        ::isatty(file) == 1 && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
    return Paint(wanted ? Colours::on : Colours::off);
}

std::string Paint::operator()(Tone tone, std::string_view text) const {
    auto clean = for_terminal(text);
    const auto sequence = sequence_of(tone);
    if (!is_on() || sequence.empty() || clean.empty()) return clean;
    return std::string(sequence) + clean + "\x1b[0m";
}

}  // namespace sallyport
