#include "base/terminal.hpp"

namespace sallyport {

std::string for_terminal(std::string_view text) {
    std::string out(text);
    unsigned char before = 0;
    for (auto& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_control = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
        const bool ends_control = before == 0xc2 && byte >= 0x80 && byte < 0xa0;
        before = byte;
        if (is_control) c = '?';
        if (ends_control) c = static_cast<char>(0xbf);  // C2 BF is an inverted question mark
    }
    return out;
}

}  // namespace sallyport
