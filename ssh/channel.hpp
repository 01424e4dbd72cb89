#pragma once

#include "ssh/session.hpp"

#include <libssh2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::ssh {

/// One channel of a session as a stream of bytes. Its peer sends no more than `window_bytes` before
/// we have read. SSH knows no broken connection behind a channel: whatever ends it, the internal
/// system and the caller see an orderly end, unless the session itself breaks; so reset() is
/// close().
class Channel final : public net::Duplex {
public:
    /// Plaintext that one write() takes at most.
    static constexpr std::size_t write_bytes_max = 64 * 1024;
    /// What is taken from libssh2 at once, always.
    static constexpr std::size_t stage_bytes = 32 * 1024;

    Channel(std::shared_ptr<Session> session, LIBSSH2_CHANNEL* handle, std::string target);
    ~Channel() override;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Errors: Errc::unsupported on another loop than the session's.
    Result<void> attach(net::Loop& loop, net::Ready& ready) override;
    void watch(net::Ready& ready) override { ready_ = &ready; }
    void detach() override { ready_ = nullptr; }
    using Duplex::write;
    net::Moved read(std::span<std::byte> into) override;
    net::Moved write(std::span<const BytesView> buffers) override;
    void finish() override;
    bool all_out() const override;
    void close() override;
    bool readable() const override { return readable_ || is_dead(); }
    bool quiet() const override;
    std::string peer() const override { return target_; }
    std::string failure() const override;

private:
    friend class Session;
    bool is_dead() const { return closed_ || session_->dead_; }
    net::Moved failed() const;
    BytesView staged() const {
        return BytesView(stage_).subspan(staged_from_, staged_to_ - staged_from_);
    }
    void fill();
    void drain();
    bool is_blocked() const;
    bool has_input() const;
    bool has_room() const;
    bool is_out() const;
    void push();
    void send_end();
    /// For the session: what has changed?
    void look();
    void look_for_input();
    void look_whether_out();

    std::shared_ptr<Session> session_;
    LIBSSH2_CHANNEL* handle_;  // null: closed
    std::string target_;
    net::Ready* ready_ = nullptr;
    Bytes stage_;  // what libssh2 has given and nobody has read, from staged_from_ to staged_to_
    std::size_t staged_from_ = 0;
    std::size_t staged_to_ = 0;
    /// While the session has received no more than so much, there is nothing new for us in it.
    std::optional<std::uint64_t> nothing_until_;
    /// Taken, but libssh2 must exchange keys first, or has no room; from unsent_from_.
    Bytes unsent_;
    std::size_t unsent_from_ = 0;
    std::uint64_t out_when_ = 0;  // the session has sent so much
    bool readable_ = true;
    bool writable_ = true;  // no write has found it full since it last had room
    bool finishing_ = false;
    bool end_sent_ = false;
    bool peer_closed_ = false;            // takes nothing any more
    bool closed_ = false;                 // by us
    mutable bool waits_for_out_ = false;  // all_out() has said no
    bool to_tell_ = false;                // whoever watches
    bool told_of_death_ = false;
};

}  // namespace sallyport::ssh
