#pragma once

#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"

#include <memory>
#include <string>
#include <utility>

namespace sallyport::test {

/// A wire in memory for two ends on one loop. `room` bounds the bytes under way in each direction;
/// `chunk` bounds what one read returns, so that a test can split messages anywhere.
struct WireOptions {
    std::size_t room = 256 * 1024;
    std::size_t chunk = SIZE_MAX;
};

/// One direction of a wire.
struct Pipe {
    std::string bytes;
    bool finished = false;  // the writer has ended
    bool broken = false;    // either side has closed hard
    bool stalled = false;   // nothing arrives any more, and nobody is told (a black hole)
};

/// One end. The test may look at and meddle with both pipes.
class MemoryDuplex final : public net::Duplex, private net::EndOfTurn {
public:
    static std::pair<std::unique_ptr<MemoryDuplex>, std::unique_ptr<MemoryDuplex>> pair(
        WireOptions options = {});
    ~MemoryDuplex() override;

    Result<void> attach(net::Loop& loop, net::Ready& ready) override;
    void watch(net::Ready& ready) override { ready_ = &ready; }
    void detach() override;
    using Duplex::write;
    net::Moved read(std::span<std::byte> into) override;
    net::Moved write(std::span<const BytesView> buffers) override;
    void finish() override;
    void close() override;
    bool readable() const override;
    std::string peer() const override { return "memory"; }

    Pipe& incoming() { return *in_; }
    Pipe& outgoing() { return *out_; }
    /// Tells this end's Ready, as the wire would.
    void nudge();
    /// From now on bytes in both directions vanish and nobody is told: a half-open connection.
    void black_hole();

private:
    MemoryDuplex(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, WireOptions options);
    void end_of_turn() override;

    std::shared_ptr<Pipe> in_;
    std::shared_ptr<Pipe> out_;
    std::shared_ptr<MemoryDuplex*> self_;   // the other end's way to us
    std::shared_ptr<MemoryDuplex*> other_;  // null inside when it is gone
    WireOptions options_;
    net::Loop* loop_ = nullptr;
    net::Ready* ready_ = nullptr;
    bool blocked_ = false;  // a write found no room
};

}  // namespace sallyport::test
