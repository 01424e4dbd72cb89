#include "mappings/pin.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>

namespace sallyport::mappings {

Result<Pin> parse_pin(std::string_view text) {
    constexpr std::string_view prefix = "sha256:";
    const Error wrong{Errc::malformed,
                      "must be \"sha256:\" and the SHA-256 of the back end's public key in "
                      "hexadecimal or base64"};
    if (!text.starts_with(prefix)) return wrong;
    text.remove_prefix(prefix.size());
    Pin pin{};
    const auto bytes = text.size() == 2 * pin.size() ? from_hex(text) : from_base64(text);
    if (!bytes || bytes->size() != pin.size()) return wrong;
    std::ranges::copy(*bytes, pin.begin());
    return pin;
}

}  // namespace sallyport::mappings
