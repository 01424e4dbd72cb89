#include "hub/socks5.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// What a client of the SOCKS5 port says before it is known. What is understood does not depend on
/// how the bytes were cut, is within its bounds, and is never a refusal and a stream at once. The
/// first byte says whether the token is good.
using namespace sallyport;
using Step = hub::StreamHandshake::Step;

namespace {

struct Heard {
    Step step = Step::needs_more;
    std::size_t used = 0;
    std::string token;
    std::string location;
    std::string authority;
    std::string replies;
    bool operator==(const Heard&) const = default;
};

void require(bool condition) {
    if (!condition) std::abort();
}

Heard listen(std::string_view bytes, const std::vector<std::size_t>& pieces, bool token_is_good) {
    hub::Socks5 handshake;
    Heard heard;
    std::size_t shown = 0;
    for (std::size_t turn = 0; shown < bytes.size(); ++turn) {
        shown = std::min(bytes.size(), shown + pieces[turn % pieces.size()]);
        while (true) {
            const auto fresh = bytes.substr(heard.used, shown - heard.used);
            std::size_t used = 0;
            heard.step = handshake.read(fresh, used);
            require(used <= fresh.size());
            heard.used += used;
            heard.replies += handshake.take_reply();
            if (heard.step != Step::identify) break;
            heard.token = handshake.credential();
            heard.location = handshake.location();
            handshake.judged(token_is_good);
            heard.replies += handshake.take_reply();
            require(handshake.credential().empty());
        }
        if (heard.step != Step::needs_more) break;
    }
    heard.authority = handshake.authority();
    if (heard.step == Step::connect) handshake.granted();
    heard.replies += handshake.take_reply();
    return heard;
}

void check(const Heard& heard, bool token_is_good) {
    constexpr std::size_t location_bytes_max = 191;   // of 255 bytes of base64
    constexpr std::size_t authority_bytes_max = 261;  // 255 bytes, and ":65535"
    constexpr std::size_t replies_bytes_max = 2 + 2 + 10;
    require(heard.token.size() <= hub::Socks5::token_bytes_max);
    require(heard.location.size() <= location_bytes_max);
    require(heard.authority.size() <= authority_bytes_max);
    require(heard.replies.size() <= replies_bytes_max);
    require((heard.step == Step::connect) == !heard.authority.empty());
    const bool granted = heard.replies.size() == replies_bytes_max && heard.replies[5] == '\0';
    require((heard.step == Step::connect) == granted);
    if (heard.step != Step::connect) return;
    require(token_is_good && !heard.token.empty());
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
    const auto whole = listen(bytes, {SIZE_MAX / 2}, token_is_good);
    check(whole, token_is_good);
    require(listen(bytes, {1}, token_is_good) == whole);
    require(listen(bytes, {3, 1, 257}, token_is_good) == whole);
    require(listen(bytes, {std::size_t{data[0]} + 1}, token_is_good) == whole);
    return 0;
}
