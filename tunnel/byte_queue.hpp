#pragma once

#include "base/bytes.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::tunnel {

/// Bytes that come in at the back and leave at the front, in one contiguous piece. Gives very large
/// memory back when it runs empty.
class ByteQueue {
public:
    static constexpr std::size_t kept_bytes_max = 512 * 1024;
    static constexpr std::size_t resting_bytes_max = 8 * 1024;

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
    void clear() { keep_at_most(kept_bytes_max); }
    /// Between two streams: so that thousands of quiet ones are cheap.
    void rest() { keep_at_most(resting_bytes_max); }

private:
    void keep_at_most(std::size_t bytes) {
        front_ = 0;
        bytes_.clear();
        if (bytes_.capacity() > bytes) bytes_.shrink_to_fit();
    }

    Bytes bytes_;
    std::size_t front_ = 0;
};

}  // namespace sallyport::tunnel
