#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sallyport::audit {

/// Lower-case hexadecimal digits of a digest or a salt, without memory of their own: each record
/// has some.
template <std::size_t size>
std::array<char, 2 * size> hex_text(const std::array<std::byte, size>& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 2 * size> text;
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = std::to_integer<unsigned>(bytes[i]);
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    return text;
}

}  // namespace sallyport::audit
