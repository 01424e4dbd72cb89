#pragma once

#include "hub/stream_handshake.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::test {

inline void require(bool condition) {
    if (!condition) std::abort();
}

/// What a stream port has understood and said, up to its verdict.
struct Heard {
    using Step = hub::StreamHandshake::Step;
    Step step = Step::needs_more;
    std::size_t used = 0;
    std::string credential;
    std::string location;
    std::string authority;
    std::string replies;
    bool operator==(const Heard&) const = default;
};

/// Says `bytes` in pieces of these sizes, in turn; `good`: how the credential is judged.
inline Heard listen(hub::StreamHandshake&& handshake, std::string_view bytes,
                    const std::vector<std::size_t>& pieces, bool good) {
    using Step = Heard::Step;
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
            heard.credential = handshake.credential();
            heard.location = handshake.location();
            handshake.judged(good);
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

/// What it understands of `bytes`, which must not depend on how they are cut: `piece` is one way.
template <class Handshake>
Heard listen_to(std::string_view bytes, std::size_t piece, bool good) {
    const auto whole = listen(Handshake(), bytes, {SIZE_MAX / 2}, good);
    require(listen(Handshake(), bytes, {1}, good) == whole);
    require(listen(Handshake(), bytes, {3, 1, 257}, good) == whole);
    require(listen(Handshake(), bytes, {piece + 1}, good) == whole);
    return whole;
}

}  // namespace sallyport::test
