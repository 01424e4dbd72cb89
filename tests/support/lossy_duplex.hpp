#pragma once

#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"

#include <memory>
#include <optional>
#include <random>

namespace sallyport::test {

/// How a bad wire behaves. The same seed gives the same behaviour.
struct LossyOptions {
    std::uint32_t seed = 1;
    std::size_t piece_max = 1400;  // bytes that one read or write moves at most
    double delay = 0.2;            // how often a call finds nothing to do for some turns
    unsigned turns_max = 3;        // how many turns such a delay lasts at most
};

/// Puts a bad network before another Duplex: it splits, it delays, and on command it stalls or
/// cuts.
class LossyDuplex final : public net::Duplex, private net::Ready, private net::EndOfTurn {
public:
    explicit LossyDuplex(std::unique_ptr<net::Duplex> wire, LossyOptions options = {});
    ~LossyDuplex() override;

    /// From now on nothing arrives, what is written vanishes, and nobody is told: a black hole.
    void stall() { stalled_ = true; }
    /// The connection breaks now, on both sides.
    void cut();
    /// The connection breaks when this many bytes have been read.
    void cut_after(std::size_t bytes) { bytes_left_ = bytes; }

    Result<void> attach(net::Loop& loop, net::Ready& ready) override;
    void watch(net::Ready& ready) override { ready_ = &ready; }
    void detach() override;
    using Duplex::write;
    net::Moved read(std::span<std::byte> into) override;
    net::Moved write(std::span<const BytesView> buffers) override;
    void finish() override;
    void close() override;
    bool readable() const override;
    std::string peer() const override { return wire_->peer(); }

private:
    void on_ready() override;
    void end_of_turn() override;
    bool delays();
    std::size_t piece();

    std::unique_ptr<net::Duplex> wire_;
    LossyOptions options_;
    std::mt19937 dice_;
    net::Loop* loop_ = nullptr;
    net::Ready* ready_ = nullptr;
    unsigned turns_left_ = 0;
    std::optional<std::size_t> bytes_left_;
    bool stalled_ = false;
    bool cut_ = false;
};

}  // namespace sallyport::test
