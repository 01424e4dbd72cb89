#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace sallyport::mappings {

/// SHA-256 over the SubjectPublicKeyInfo (DER) of the key that a back end must have.
using Pin = std::array<std::byte, 32>;

/// "sha256:" and 64 hexadecimal digits or 44 characters of base64.
/// Errors: Errc::malformed; the detail says what it must look like.
Result<Pin> parse_pin(std::string_view text);

}  // namespace sallyport::mappings
