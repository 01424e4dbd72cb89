#include "base/bytes.hpp"
#include "certs/join_token.hpp"
#include "certs/sha256.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sallyport;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

/// What is accepted is written and read as the same token again.
void check(std::string_view text) {
    const auto token = certs::JoinToken::parse(text);
    if (!token) return require(!token.error().detail.empty());
    const auto written = token->encode();
    const auto again = certs::JoinToken::parse(written.reveal());
    require(again.has_value());
    require(again->hub_url == token->hub_url && again->tenant == token->tenant &&
            again->agent == token->agent && again->locations == token->locations &&
            again->secret.reveal() == token->secret.reveal() && again->expiry == token->expiry &&
            again->authority_key_hash == token->authority_key_hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check(input);
    // Behind the checksum: the same bytes as JSON in a right frame.
    const auto framed = "sp1." + to_base64url(as_bytes(input));
    const auto hash = certs::sha256(as_bytes(framed));
    check(framed + "." + to_hex(hash).substr(0, 8));
    return 0;
}
