#include "tests/support/lossy_duplex.hpp"

#include "base/error.hpp"

#include <algorithm>

namespace sallyport::test {
namespace {

net::Moved broken() { return {net::Moved::State::failed, 0, make_error_code(Errc::cut)}; }

}  // namespace

LossyDuplex::LossyDuplex(std::unique_ptr<net::Duplex> wire, LossyOptions options)
    : wire_(std::move(wire)), options_(options), dice_(options.seed) {}

LossyDuplex::~LossyDuplex() { detach(); }

Result<void> LossyDuplex::attach(net::Loop& loop, net::Ready& ready) {
    loop_ = &loop;
    ready_ = &ready;
    return wire_->attach(loop, *this);
}

void LossyDuplex::detach() {
    if (is_linked()) unlink();
    turns_left_ = 0;
    loop_ = nullptr;
    wire_->detach();
}

void LossyDuplex::on_ready() {
    if (!stalled_ || cut_) ready_->on_ready();
}

void LossyDuplex::end_of_turn() {
    if (turns_left_ > 0) --turns_left_;
    if (turns_left_ > 0)
        loop_->turn.at_flush(*this);
    else
        on_ready();
}

bool LossyDuplex::delays() {
    if (loop_ == nullptr) return false;  // nobody could be told later
    if (turns_left_ > 0) return true;
    if (std::uniform_real_distribution<>(0, 1)(dice_) >= options_.delay) return false;
    turns_left_ = std::uniform_int_distribution<unsigned>(1, options_.turns_max)(dice_);
    loop_->turn.at_flush(*this);
    return true;
}

std::size_t LossyDuplex::piece() {
    return std::uniform_int_distribution<std::size_t>(1, options_.piece_max)(dice_);
}

void LossyDuplex::cut() {
    cut_ = true;
    auto* loop = loop_;
    wire_->close();
    if (loop == nullptr) return;
    turns_left_ = 1;
    loop->turn.at_flush(*this);
}

net::Moved LossyDuplex::read(std::span<std::byte> into) {
    if (cut_) return broken();
    if (stalled_ || delays()) return {};
    auto size = std::min(into.size(), piece());
    if (bytes_left_) size = std::min(size, *bytes_left_);
    if (size == 0 && bytes_left_) {
        cut();
        return broken();
    }
    const auto moved = wire_->read(into.first(size));
    if (bytes_left_) *bytes_left_ -= moved.bytes;
    return moved;
}

net::Moved LossyDuplex::write(std::span<const BytesView> buffers) {
    if (cut_) return broken();
    std::size_t total = 0;
    for (const auto& buffer : buffers) total += buffer.size();
    if (stalled_) return {net::Moved::State::ok, total, {}};
    if (delays()) return {};
    for (const auto& buffer : buffers)
        if (!buffer.empty()) return wire_->write(buffer.first(std::min(buffer.size(), piece())));
    return {net::Moved::State::ok, 0, {}};
}

void LossyDuplex::finish() {
    if (!stalled_ && !cut_) wire_->finish();
}

void LossyDuplex::close() {
    detach();
    wire_->close();
}

bool LossyDuplex::readable() const { return cut_ || (!stalled_ && wire_->readable()); }

}  // namespace sallyport::test
