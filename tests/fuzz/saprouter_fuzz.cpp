#include "hub/saprouter.hpp"
#include "rfc/ni.hpp"
#include "tests/fuzz/handshake_talk.hpp"

#include <cstdint>
#include <string>

/// What a client of the SAProuter port says before it is known. What is understood does not depend
/// on how the bytes were cut, is within its bounds, and is never a refusal and a stream at once.
/// The first byte says whether the key is good.
using namespace sallyport;
using test::Heard;
using test::require;
using Step = Heard::Step;

namespace {

void check(const Heard& heard, bool key_is_good) {
    constexpr std::size_t field_bytes_max = 255;
    constexpr std::size_t replies_bytes_max = 1024;
    require(heard.used <= hub::SapRouter::route_frame_bytes_max);
    require(heard.credential.size() <= field_bytes_max);
    require(heard.replies.size() <= replies_bytes_max);
    require((heard.step == Step::connect) == !heard.authority.empty());
    const bool granted = heard.replies == as_text(rfc::pong_frame());
    require((heard.step == Step::connect) == granted);
    if (heard.step == Step::connect) require(key_is_good && !heard.credential.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const bool key_is_good = (data[0] & 1U) != 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    check(test::listen_to<hub::SapRouter>(bytes, data[0], key_is_good), key_is_good);
    return 0;
}
