#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>

namespace sallyport::certs {

using Sha256 = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4). Ends the program if OpenSSL has none: nothing here is safe without it.
Sha256 sha256(BytesView bytes);

}  // namespace sallyport::certs
