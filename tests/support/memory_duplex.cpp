#include "tests/support/memory_duplex.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::test {

MemoryDuplex::MemoryDuplex(std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, WireOptions options)
    : in_(std::move(in)),
      out_(std::move(out)),
      self_(std::make_shared<MemoryDuplex*>(this)),
      options_(options) {}

std::pair<std::unique_ptr<MemoryDuplex>, std::unique_ptr<MemoryDuplex>> MemoryDuplex::pair(
    WireOptions options) {
    auto one = std::make_shared<Pipe>();
    auto two = std::make_shared<Pipe>();
    std::unique_ptr<MemoryDuplex> a(new MemoryDuplex(one, two, options));
    std::unique_ptr<MemoryDuplex> b(new MemoryDuplex(two, one, options));
    a->other_ = b->self_;
    b->other_ = a->self_;
    return {std::move(a), std::move(b)};
}

MemoryDuplex::~MemoryDuplex() {
    if (!out_->finished) out_->broken = true;
    in_->broken = true;
    *self_ = nullptr;
    if (*other_ != nullptr) (*other_)->nudge();
}

Result<void> MemoryDuplex::attach(net::Loop& loop, net::Ready& ready) {
    loop_ = &loop;
    ready_ = &ready;
    nudge();
    return {};
}

void MemoryDuplex::detach() {
    if (is_linked()) unlink();
    loop_ = nullptr;
}

void MemoryDuplex::nudge() {
    if (loop_ != nullptr) loop_->turn.at_flush(*this);
}

void MemoryDuplex::end_of_turn() {
    if (ready_ != nullptr) ready_->on_ready();
}

void MemoryDuplex::black_hole() { in_->stalled = out_->stalled = true; }

bool MemoryDuplex::readable() const {
    return !in_->stalled && (!in_->bytes.empty() || in_->finished || in_->broken);
}

net::Moved MemoryDuplex::read(std::span<std::byte> into) {
    if (in_->stalled) return {};
    if (in_->bytes.empty()) {
        if (in_->broken) return {net::Moved::State::failed, 0, make_error_code(Errc::cut)};
        if (in_->finished) return {net::Moved::State::ended, 0, {}};
        return {};
    }
    const auto count = std::min({into.size(), in_->bytes.size(), options_.chunk});
    std::memcpy(into.data(), in_->bytes.data(), count);
    in_->bytes.erase(0, count);
    if (*other_ != nullptr && (*other_)->blocked_) {
        (*other_)->blocked_ = false;
        (*other_)->nudge();
    }
    return {net::Moved::State::ok, count, {}};
}

net::Moved MemoryDuplex::write(std::span<const BytesView> buffers) {
    if (out_->broken || out_->finished)
        return {net::Moved::State::failed, 0, make_error_code(Errc::closed)};
    std::size_t count = 0;
    for (const auto& buffer : buffers) {
        if (out_->stalled) {
            count += buffer.size();
            continue;
        }
        const auto room = options_.room - std::min(options_.room, out_->bytes.size());
        const auto part = std::min(room, buffer.size());
        out_->bytes.append(as_text(buffer.first(part)));
        count += part;
        if (part < buffer.size()) break;
    }
    if (count == 0 && !buffers.empty()) {
        blocked_ = true;
        return {};
    }
    if (!out_->stalled && *other_ != nullptr) (*other_)->nudge();
    return {net::Moved::State::ok, count, {}};
}

void MemoryDuplex::finish() {
    out_->finished = true;
    if (*other_ != nullptr) (*other_)->nudge();
}

void MemoryDuplex::close() {
    out_->broken = in_->broken = true;
    detach();
    if (*other_ != nullptr) (*other_)->nudge();
}

}  // namespace sallyport::test
