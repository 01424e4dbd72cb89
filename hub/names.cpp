#include "hub/names.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/secret_hash.hpp"
#include "certs/spiffe.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

constexpr std::size_t dns_label_characters_max = 63;  // RFC 1035 section 2.3.4

}  // namespace

Result<void> check_name(std::string_view what, std::string_view name) {
    if (certs::is_safe_name(name)) return {};
    return Error{Errc::malformed,
                 std::string(what) + " \"" + std::string(name) +
                     "\" cannot be used: choose 1 to 64 of the characters A-Z a-z 0-9 . _ -"};
}

Result<void> check_location(std::string_view location) {
    if (location.empty()) return {};
    return check_name("location", location);
}

Result<void> check_subdomain(std::string_view subdomain) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    if (!subdomain.empty() && subdomain.size() <= dns_label_characters_max &&
        std::ranges::all_of(subdomain, allowed) && !subdomain.starts_with('-') &&
        !subdomain.ends_with('-'))
        return {};
    return Error{Errc::malformed, "\"" + std::string(subdomain) +
                                      "\" cannot be a subdomain: choose one with --subdomain, 1 to "
                                      "63 of the characters a-z 0-9 -"};
}

std::string random_id() {
    auto bytes = certs::random_bytes(16);
    bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};
    bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};
    auto text = to_hex(bytes);
    for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, "-");
    return text;
}

}  // namespace sallyport::hub
