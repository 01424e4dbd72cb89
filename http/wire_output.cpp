#include "http/wire_output.hpp"

#include <algorithm>
#include <array>

namespace sallyport::http {
namespace {

constexpr std::size_t parts_max = 4;
constexpr std::size_t kept_capacity_max = 512 * 1024;

}  // namespace

void WireOutput::send() {
    if (queued() > 0) loop_.turn.at_flush(*this);
}

void WireOutput::flush() {
    if (failed_ || to_ == nullptr) return drop();
    for (int writes = 0; queued() > 0; ++writes) {
        // What the kernel took at once says nothing about what follows, so nobody would wake us.
        if (writes == writes_per_flush_max) {
            loop_.turn.at_flush(*this);
            break;
        }
        const auto moved = to_->write(as_bytes(std::string_view(pending_).substr(sent_)));
        blocked_ = moved.state == net::Moved::State::would_block;
        if (blocked_) break;
        if (moved.state != net::Moved::State::ok) return fail(moved.error);
        sent(moved.bytes);
    }
    tell();
}

void WireOutput::tell() {
    if (wants_room_ && queued() <= queued_bytes_max / 2) {
        wants_room_ = false;
        event_->set();
    }
    if (queued() > 0) return;
    if (wants_all_sent_) {
        wants_all_sent_ = false;
        event_->set();
    }
    if (finishing_) {
        finishing_ = false;
        to_->finish();
    }
}

std::size_t WireOutput::write_through(std::span<const BytesView> parts) {
    if (failed_ || to_ == nullptr) return 0;
    while (true) {
        std::array<BytesView, parts_max + 1> all;
        all[0] = as_bytes(std::string_view(pending_).substr(sent_));
        const auto count = std::min(parts.size(), parts_max);
        std::copy_n(parts.begin(), count, all.begin() + 1);
        const auto moved = to_->write(std::span(all).first(count + 1));
        blocked_ = moved.state == net::Moved::State::would_block;
        if (moved.state == net::Moved::State::failed) fail(moved.error);
        if (moved.state != net::Moved::State::ok) return 0;
        const auto before = std::min(moved.bytes, queued());
        sent(before);
        accepted_ += moved.bytes - before;
        // Only pending bytes went out: whether there is room for more is not known yet.
        if (moved.bytes > before) return moved.bytes - before;
    }
}

bool WireOutput::room() {
    if (queued() <= queued_bytes_max) return true;
    wants_room_ = true;
    return false;
}

bool WireOutput::all_sent() {
    if (queued() == 0) return true;
    wants_all_sent_ = true;
    return false;
}

void WireOutput::finish() {
    finishing_ = true;
    loop_.turn.at_flush(*this);
}

void WireOutput::sent(std::size_t bytes) {
    accepted_ += bytes;
    sent_ += bytes;
    if (sent_ < pending_.size()) {
        if (sent_ < queued_bytes_max) return;
        pending_.erase(0, sent_);
    } else if (pending_.capacity() > kept_capacity_max) {
        pending_ = std::string();
    } else {
        pending_.clear();
    }
    sent_ = 0;
}

void WireOutput::fail(const boost::system::error_code& error) {
    failed_ = true;
    error_ = error;
    drop();
    event_->set();
}

void WireOutput::drop() {
    pending_.clear();
    sent_ = 0;
}

}  // namespace sallyport::http
