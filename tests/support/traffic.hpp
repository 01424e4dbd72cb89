#pragma once

#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace sallyport::test {

/// Bytes that a receiver can check without having them: position and seed make each.
constexpr std::byte pattern(std::uint32_t seed, std::size_t position) {
    const auto mixed = (position + seed) * 2654435761U;
    return static_cast<std::byte>(mixed >> 13);
}

/// One end of a connection that sends and receives at the same time.
class Traffic final : private net::Ready {
public:
    Traffic(net::Loop& loop, net::Duplex& wire)
        : loop_(loop), wire_(wire), read_(loop.turn), write_(loop.turn) {}

    /// Attaches the wire and starts both directions: `sends` bytes of pattern `seed`, then the end;
    /// and everything the other side sends, checked against `expects_seed`.
    void start(net::TaskGroup& group, std::size_t sends, std::uint32_t seed,
               std::uint32_t expects_seed);

    std::size_t received() const { return received_; }
    /// What ended the receiving direction; `ended` is the good one.
    net::Moved::State end() const { return end_; }
    std::string trouble() const { return trouble_; }

private:
    void on_ready() override {
        read_.set();
        write_.set();
    }
    net::Task<void> send(std::size_t bytes, std::uint32_t seed);
    net::Task<void> receive(std::uint32_t seed);

    net::Loop& loop_;
    net::Duplex& wire_;
    net::Event read_;
    net::Event write_;
    std::size_t received_ = 0;
    net::Moved::State end_ = net::Moved::State::would_block;
    std::string trouble_;
};

}  // namespace sallyport::test
