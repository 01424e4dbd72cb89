#include "hub/socks5.hpp"
#include "tests/fuzz/handshake_talk.hpp"

#include <cstdint>
#include <string>

/// What a client of the SOCKS5 port says before it is known. What is understood does not depend on
/// how the bytes were cut, is within its bounds, and is never a refusal and a stream at once. The
/// first byte says whether the token is good.
using namespace sallyport;
using test::Heard;
using test::require;
using Step = Heard::Step;

namespace {

void check(const Heard& heard, bool token_is_good) {
    constexpr std::size_t location_bytes_max = 191;   // of 255 bytes of base64
    constexpr std::size_t authority_bytes_max = 261;  // 255 bytes, and ":65535"
    constexpr std::size_t replies_bytes_max = 2 + 2 + 10;
    require(heard.credential.size() <= hub::Socks5::token_bytes_max);
    require(heard.location.size() <= location_bytes_max);
    require(heard.authority.size() <= authority_bytes_max);
    require(heard.replies.size() <= replies_bytes_max);
    require((heard.step == Step::connect) == !heard.authority.empty());
    const bool granted = heard.replies.size() == replies_bytes_max && heard.replies[5] == '\0';
    require((heard.step == Step::connect) == granted);
    if (heard.step != Step::connect) return;
    require(token_is_good && !heard.credential.empty());
    const auto colon = heard.authority.find(':');
    require(colon != 0 && colon == heard.authority.rfind(':'));
    const auto port = std::stoul(heard.authority.substr(colon + 1));
    require(port > 0 && port <= 65535);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool token_is_good = (data[0] & 1U) != 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    check(test::listen_to<hub::Socks5>(bytes, data[0], token_is_good), token_is_good);
    return 0;
}
