#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

inline BytesView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal.
std::string to_hex(BytesView bytes);
Result<Bytes> from_hex(std::string_view text);

/// RFC 4648 section 4, with padding. Reading skips CR and LF (RFC 8951 wants both forms accepted),
/// and refuses any other character outside the alphabet and wrong padding.
std::string to_base64(BytesView bytes);
Result<Bytes> from_base64(std::string_view text);

/// RFC 4648 section 5 without padding, as JOSE uses it (RFC 7515 section 2); strict: unused
/// trailing bits must be zero.
std::string to_base64url(BytesView bytes);
Result<Bytes> from_base64url(std::string_view text);

/// ASCII only; other bytes stay as they are.
char to_lower(char c);
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Compares in a time that depends on the lengths only.
bool equal_in_constant_time(BytesView a, BytesView b);

/// Digits only, no sign, no overflow; an empty text is malformed.
Result<std::uint64_t> parse_decimal(std::string_view text);

}  // namespace sallyport
