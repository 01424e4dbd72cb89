#pragma once

#include "base/bytes.hpp"

#include <cstring>

namespace sallyport::tunnel {

/// Bytes that come in at the back and leave at the front, in one contiguous piece. Gives large
/// memory back when it runs empty, so that thousands of quiet streams are cheap.
class ByteQueue {
public:
    bool empty() const { return front_ == bytes_.size(); }
    std::size_t size() const { return bytes_.size() - front_; }
    BytesView view() const { return BytesView(bytes_).subspan(front_); }

    void append(BytesView more) {
        if (front_ > 0 && front_ >= bytes_.size() - front_) {
            bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(front_));
            front_ = 0;
        }
        bytes_.insert(bytes_.end(), more.begin(), more.end());
    }
    void consume(std::size_t count) {
        front_ += count;
        if (front_ < bytes_.size()) return;
        clear();
    }
    /// Moves up to `into.size()` bytes out.
    std::size_t take(std::span<std::byte> into) {
        const auto count = std::min(into.size(), size());
        if (count > 0) std::memcpy(into.data(), bytes_.data() + front_, count);
        consume(count);
        return count;
    }
    void clear() {
        constexpr std::size_t kept_bytes_max = 64 * 1024;
        front_ = 0;
        bytes_.clear();
        if (bytes_.capacity() > kept_bytes_max) bytes_.shrink_to_fit();
    }

private:
    Bytes bytes_;
    std::size_t front_ = 0;
};

}  // namespace sallyport::tunnel
