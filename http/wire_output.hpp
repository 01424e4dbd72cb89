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
/// Large spans go out at once together with what is pending, without a copy. Sets the event on
/// failure, and when room() or all_sent() comes true after it was asked for.
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
    /// Pending bytes, then `parts` (at most 4), without a copy. Says how much of `parts` went out;
    /// 0: the peer takes no more now, the Ready of the Duplex will be told when it does.
    std::size_t write_through(std::span<const BytesView> parts);

    bool room();
    bool all_sent();
    /// Ends the sending direction as soon as everything is out.
    void finish();
    std::size_t queued() const { return pending_.size() - sent_; }
    bool failed() const { return failed_; }
    /// Why it failed.
    const boost::system::error_code& error() const { return error_; }
    /// Whether the peer took nothing when it was last tried.
    bool blocked() const { return blocked_; }
    std::uint64_t accepted() const { return accepted_; }  // by the kernel, ever
    /// Drops what is pending and everything to come.
    void drop();

private:
    void end_of_turn() override { flush(); }
    void sent(std::size_t bytes);
    void tell();
    void fail(const boost::system::error_code& error);

    net::Loop& loop_;
    net::Event* event_;
    net::Duplex* to_ = nullptr;
    std::string pending_;
    std::size_t sent_ = 0;
    std::uint64_t accepted_ = 0;
    bool wants_room_ = false;
    bool wants_all_sent_ = false;
    bool finishing_ = false;
    bool failed_ = false;
    bool blocked_ = false;
    boost::system::error_code error_;
};

}  // namespace sallyport::http
