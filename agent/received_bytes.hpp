#pragma once

#include "base/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace sallyport::agent {

/// What one side has sent and nobody has taken yet, in one piece.
class ReceivedBytes {
public:
    /// What is read beyond what is wanted.
    static constexpr std::size_t read_ahead_bytes = 64 * 1024;

    std::span<std::byte> bytes() { return std::span(buffer_).subspan(begin_); }
    bool empty() const { return begin_ == buffer_.size(); }
    std::size_t size() const { return buffer_.size() - begin_; }

    /// Takes a prefix of `bytes`, so that at most `wanted` + read_ahead_bytes are here. Says how
    /// much.
    std::size_t append(BytesView bytes, std::size_t wanted) {
        const auto most = wanted + read_ahead_bytes;
        const auto taken = std::min(bytes.size(), most - std::min(size(), most));
        if (begin_ > 0)
            buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
        const auto added = bytes.first(taken);
        buffer_.insert(buffer_.end(), added.begin(), added.end());
        return taken;
    }
    /// Takes a prefix away. Views of it stay valid until the next append().
    void take(std::size_t bytes) { begin_ += std::min(bytes, size()); }
    /// Gives memory back that only a large message needed.
    void shrink() {
        if (!empty() || buffer_.capacity() <= 2 * read_ahead_bytes) return;
        Bytes().swap(buffer_);
        begin_ = 0;
    }

private:
    Bytes buffer_;
    std::size_t begin_ = 0;
};

}  // namespace sallyport::agent
