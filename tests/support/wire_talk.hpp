#pragma once

#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/ready.hpp"

#include <array>
#include <memory>
#include <string>

namespace sallyport::test {

/// The other end of a connection, in the hands of a test: says bytes, and remembers what it heard.
class WireTalk final : private net::Ready {
public:
    WireTalk(net::Loop& loop, std::unique_ptr<net::Duplex> wire) : wire_(std::move(wire)) {
        (void)wire_->attach(loop, *this).has_value();
    }

    void say(std::string_view text) {
        unsent_ += text;
        move();
    }
    void finish() {
        finishing_ = true;
        move();
    }
    void close() { wire_->close(); }
    /// Stops and resumes reading, as a slow peer.
    void pause() { paused_ = true; }
    void resume() {
        paused_ = false;
        move();
    }

    const std::string& heard() const { return heard_; }
    std::string take() { return std::exchange(heard_, {}); }
    bool hears(std::string_view text) const { return heard_.find(text) != std::string::npos; }
    bool ended() const { return ended_; }    // the peer has finished in an orderly way
    bool broken() const { return broken_; }  // the connection failed
    bool over() const { return ended_ || broken_; }
    std::size_t unsent() const { return unsent_.size(); }

private:
    void on_ready() override { move(); }
    void move() {
        while (!unsent_.empty()) {
            const auto moved = wire_->write(as_bytes(unsent_));
            if (moved.state != net::Moved::State::ok) break;
            unsent_.erase(0, moved.bytes);
        }
        if (finishing_ && unsent_.empty()) {
            finishing_ = false;
            wire_->finish();
        }
        std::array<std::byte, 64 * 1024> buffer;
        while (!paused_ && !over()) {
            const auto moved = wire_->read(buffer);
            if (moved.state == net::Moved::State::would_block) break;
            ended_ = moved.state == net::Moved::State::ended;
            broken_ = moved.state == net::Moved::State::failed;
            heard_ += as_text(std::span(buffer).first(moved.bytes));
        }
    }

    std::unique_ptr<net::Duplex> wire_;
    std::string unsent_;
    std::string heard_;
    bool finishing_ = false;
    bool paused_ = false;
    bool ended_ = false;
    bool broken_ = false;
};

}  // namespace sallyport::test
