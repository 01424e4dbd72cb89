#include "hub/exchange_id.hpp"

#include <cerrno>
#include <cstdlib>
#include <sys/random.h>

namespace sallyport::hub {

ExchangeId::ExchangeId(std::uint64_t time_ms, std::span<const std::byte, 10> random) : text_{} {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (std::size_t i = 10; i-- > 0; time_ms >>= 5) text_[i] = alphabet[time_ms & 31];
    unsigned group = 0;
    int bits = 0;
    std::size_t at = 10;
    for (const auto byte : random) {
        group = (group << 8) | std::to_integer<unsigned>(byte);
        for (bits += 8; bits >= 5; bits -= 5) text_[at++] = alphabet[(group >> (bits - 5)) & 31];
    }
}

std::span<const std::byte, 10> RandomBlock::next() {
    if (used_ + 10 > block_.size()) {
        std::size_t have = 0;
        while (have < block_.size()) {
            const auto count = ::getrandom(block_.data() + have, block_.size() - have, 0);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0)
                std::abort();  // the kernel has no randomness: nothing here is safe any more
            have += static_cast<std::size_t>(count);
        }
        used_ = 0;
    }
    const std::span<const std::byte, 10> fresh(block_.data() + used_, 10);
    used_ += 10;
    return fresh;
}

}  // namespace sallyport::hub
