#include "http/wire_input.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace sallyport::http {

// Without initialisation: pages that no message needs are never touched.
WireInput::WireInput() : buffer_(std::make_unique_for_overwrite<char[]>(capacity)) {}

WireInput::Fill WireInput::fill(net::Duplex& from) {
    if (ended_) return Fill::ended;
    if (failed_) return Fill::failed;
    if (begin_ == end_) begin_ = end_ = floor_;
    if (end_ == capacity) return Fill::full;
    const auto room = std::as_writable_bytes(std::span(buffer_.get() + end_, capacity - end_));
    const auto moved = from.read(room);
    switch (moved.state) {
        case net::Moved::State::ok:
            end_ += moved.bytes;
            received_ += moved.bytes;
            return Fill::some;
        case net::Moved::State::would_block:
            return Fill::would_block;
        case net::Moved::State::ended:
            ended_ = true;
            return Fill::ended;
        case net::Moved::State::failed:
            break;
    }
    failed_ = true;
    error_ = moved.error;
    return Fill::failed;
}

void WireInput::put(std::string_view bytes) {
    if (bytes.empty()) return;  // of which the address may be null
    assert(end_ + bytes.size() <= capacity);
    std::memcpy(buffer_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
}

void WireInput::make_room() {
    if (begin_ == floor_) return;
    std::memmove(buffer_.get() + floor_, buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_ - floor_;
    begin_ = floor_;
}

}  // namespace sallyport::http
