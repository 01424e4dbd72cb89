#include "tests/support/traffic.hpp"

#include <algorithm>
#include <array>

namespace sallyport::test {

using State = net::Moved::State;

void Traffic::start(net::TaskGroup& group, std::size_t sends, std::uint32_t seed,
                    std::uint32_t expects_seed) {
    if (!wire_.attach(loop_, *this)) trouble_ = "attach";
    group.spawn("traffic.send", send(sends, seed));
    group.spawn("traffic.receive", receive(expects_seed));
}

net::Task<void> Traffic::send(std::size_t bytes, std::uint32_t seed) {
    // Odd sizes, so that no boundary of a record or a buffer is ever met by accident.
    constexpr std::size_t large = 40'009;
    constexpr std::size_t small = 17;
    Bytes piece;
    BytesView rest;
    for (std::size_t made = 0; made < bytes || !rest.empty();) {
        if (rest.empty()) {
            piece.resize(std::min(large, bytes - made));
            for (auto& byte : piece) byte = pattern(seed, made++);
            rest = piece;
        }
        const auto cut = std::min(small, rest.size());
        const std::array<BytesView, 2> buffers{rest.first(cut), rest.subspan(cut)};
        const auto moved = wire_.write(buffers);
        if (moved.state == State::failed) {
            trouble_ = "write: " + moved.error.message() + " " + wire_.failure();
            co_return;
        }
        rest = rest.subspan(moved.bytes);
        if (moved.state == State::would_block) co_await write_.wait();
    }
    wire_.finish();
}

net::Task<void> Traffic::receive(std::uint32_t seed) {
    std::array<std::byte, 32 * 1024> buffer;
    while (true) {
        const auto moved = wire_.read(buffer);
        if (moved.state == State::would_block) {
            co_await read_.wait();
            continue;
        }
        if (moved.state != State::ok) {
            end_ = moved.state;
            if (moved.state == State::failed)
                trouble_ = "read: " + moved.error.message() + " " + wire_.failure();
            co_return;
        }
        for (std::size_t i = 0; i < moved.bytes; ++i, ++received_)
            if (buffer[i] != pattern(seed, received_)) {
                trouble_ = "wrong byte at " + std::to_string(received_);
                co_return;
            }
    }
}

}  // namespace sallyport::test
