#include "http/wire_output.hpp"

#include "tests/support/run_loop.hpp"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

using namespace std::chrono_literals;

// The prototype stalled when a bounded flush had sent everything it was allowed to and the kernel
// had taken it all: neither a new submit nor writability came (specs of the data path, 6.1).
TEST(WireOutput, ABoundedFlushThatTheWireTookWhollyGoesOnByItself) {
    class Nibbler final : public net::Duplex {
    public:
        Result<void> attach(net::Loop&, net::Ready&) override { return {}; }
        void watch(net::Ready&) override {}
        void detach() override {}
        net::Moved read(std::span<std::byte>) override { return {}; }
        net::Moved write(std::span<const BytesView> buffers) override {
            const auto size = std::min<std::size_t>(buffers.front().size(), 100);
            taken += size;
            return {net::Moved::State::ok, size, {}};
        }
        void finish() override {}
        void close() override {}
        bool readable() const override { return false; }
        std::string peer() const override { return "nibbler"; }
        std::size_t taken = 0;
    };
    net::Loop loop;
    net::Event event(loop.turn);
    Nibbler nibbler;
    WireOutput output(loop, event);
    output.attach(&nibbler);
    output.buffer().append(100'000, 'x');
    output.send();
    EXPECT_TRUE(test::run_until(
        loop, [&] { return nibbler.taken == 100'000; }, 5s));
}

}  // namespace
}  // namespace sallyport::http
