#pragma once

#include "net/duplex.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace sallyport::http {

/// What was received and not yet used: one buffer of fixed size in which a head stays where it is
/// (views point into it) while body bytes pass behind it.
class WireInput {
public:
    /// A head of the largest size leaves room for a good read behind it.
    static constexpr std::size_t capacity = 96 * 1024;

    enum class Fill {
        some,         // bytes were added
        would_block,  // nothing there now
        full,         // no room: use bytes first
        ended,        // the peer has finished sending
        failed,
    };

    WireInput();

    /// One read into the free end of the buffer. Never moves what is there.
    Fill fill(net::Duplex& from);
    /// As if received; at most `capacity` in all.
    void put(std::string_view bytes);

    std::span<char> unused() { return {buffer_.get() + begin_, end_ - begin_}; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }
    /// Takes a prefix of unused(). Views of the rest stay valid.
    void use(std::size_t bytes) { begin_ += bytes; }
    /// Takes a head: it stays where it is until unpin(), and what follows passes behind it.
    void pin(std::size_t head_bytes) {
        pinned_ = begin_;
        floor_ = begin_ += head_bytes;
    }
    void unpin() { floor_ = pinned_ = 0; }
    /// The pinned head and what follows, as long as nothing behind the head was used.
    std::string_view from_pinned() const { return {buffer_.get() + pinned_, end_ - pinned_}; }
    /// Moves the unused bytes to the front if that makes room; invalidates views of them.
    void make_room();

    bool ended() const { return ended_; }
    bool failed() const { return failed_; }
    /// Why it failed.
    const boost::system::error_code& error() const { return error_; }
    std::uint64_t received() const { return received_; }

private:
    std::unique_ptr<char[]> buffer_;
    std::size_t pinned_ = 0;
    std::size_t floor_ = 0;  // [pinned_, floor_) is the head; bytes move above it
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t received_ = 0;
    bool ended_ = false;
    bool failed_ = false;
    boost::system::error_code error_;
};

}  // namespace sallyport::http
