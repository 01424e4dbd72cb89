#pragma once

#include "base/bytes.hpp"
#include "net/duplex.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sallyport::http {

/// What is to be sent: appended to one buffer, sent by one system call at the end of the loop turn.
/// Large spans go out at once together with what is pending, without a copy. Sets the event when
/// there is room again after room() was found false, when everything is out, and on failure.
class WireOutput final : private net::EndOfTurn {
public:
    static constexpr std::size_t queued_bytes_max = 256 * 1024;
    static constexpr std::size_t direct_bytes_min = 16 * 1024;
    static constexpr int writes_per_flush_max = 8;

    WireOutput(net::Loop& loop, net::Event& event) : loop_(loop), event_(&event) {}

    void attach(net::Duplex* to) { to_ = to; }
    void watch(net::Event& event) { event_ = &event; }

    /// Append here, then send().
    std::string& buffer() { return pending_; }
    /// At the end of this turn.
    void send();
    /// Now, as far as the peer takes it.
    void flush();
    /// Pending bytes, then `parts`, in one system call. Says how much of `parts` went out.
    std::size_t write_through(std::span<const BytesView> parts);

    bool room();
    std::size_t queued() const { return pending_.size() - sent_; }
    bool failed() const { return failed_; }
    std::uint64_t accepted() const { return accepted_; }  // by the kernel, ever
    /// Drops what is pending and everything to come.
    void drop();

private:
    void end_of_turn() override { flush(); }
    void sent(std::size_t bytes);
    void fail();

    net::Loop& loop_;
    net::Event* event_;
    net::Duplex* to_ = nullptr;
    std::string pending_;
    std::size_t sent_ = 0;
    std::uint64_t accepted_ = 0;
    bool wanted_ = false;  // somebody waits for room
    bool failed_ = false;
};

}  // namespace sallyport::http
