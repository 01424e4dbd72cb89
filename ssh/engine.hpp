#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ssh/credentials.hpp"
#include "ssh/fault.hpp"

#include <libssh2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

namespace sallyport::ssh {

/// libssh2 between two buffers in memory. It never finds the wire full, so no call of it stops in
/// the middle of sending: what "would block" waits for bytes of the server, or for new keys that
/// the server asked for. May be used on any thread, by one at a time.
class Engine {
public:
    /// Memory of one session, all its channels included; what the server sends beyond it ends the
    /// session.
    static constexpr std::size_t memory_bytes_max = 64 * 1024 * 1024;
    /// Answers that the server asks for and does not read.
    static constexpr std::size_t unsent_bytes_max = 4 * 1024 * 1024;

    static Result<std::unique_ptr<Engine>> create();
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void receive(BytesView bytes) { append(in_, in_from_, bytes); }
    std::size_t unread() const { return in_.size() - in_from_; }
    BytesView unsent() const { return BytesView(out_).subspan(out_from_); }
    void sent(std::size_t count);
    /// Bytes that have ever been ready to be sent, and those of them that were.
    std::uint64_t given() const { return given_; }
    std::uint64_t taken() const { return taken_; }
    /// No byte comes any more; nor does one go.
    void cut() { cut_ = true; }

    /// "ssh-ed25519,ecdsa-sha2-nistp256"; before the handshake.
    Result<void> prefer_host_keys(const std::string& types);
    /// Says whether it is done; if not, bytes are missing. Errors: Fault::unreachable.
    Result<bool> handshake();
    /// The server's key, as of RFC 4253 section 6.6; after the handshake.
    BytesView host_key() const;
    /// "SHA256:...", as ssh-keygen -l shows it.
    std::string fingerprint() const;
    /// As handshake(). Takes long if the key is encrypted. Errors: Fault::login, unreachable.
    Result<bool> log_on(const std::string& user, const Credentials& credentials);
    /// Says goodbye.
    void hang_up();

    LIBSSH2_SESSION* raw() { return session_; }
    int last_code() const { return libssh2_session_last_errno(session_); }
    void forget_failure() { libssh2_session_set_last_error(session_, 0, nullptr); }
    /// Whether the last failure leaves nothing to trust in what comes.
    bool is_broken() const;
    bool would_block() const { return last_code() == LIBSSH2_ERROR_EAGAIN; }
    /// What libssh2 says about its last failure.
    std::string last_text() const;

private:
    Engine() = default;
    Result<void> prefer(int method, const char* names);
    static void append(Bytes& buffer, std::size_t& from, BytesView bytes);

    static void* allocate(std::size_t count, void** engine);
    static void* reallocate(void* old, std::size_t count, void** engine);
    static void release(void* old, void** engine);
    static ssize_t take(libssh2_socket_t, void* into, std::size_t size, int, void** engine);
    static ssize_t give(libssh2_socket_t, const void* from, std::size_t size, int, void** engine);

    LIBSSH2_SESSION* session_ = nullptr;
    struct Heap {
        std::size_t bytes = 0;  // in use
        std::unordered_set<void*> blocks{};
    } heap_;    // of libssh2
    Bytes in_;  // from in_from_ on
    std::size_t in_from_ = 0;
    Bytes out_;  // from out_from_ on
    std::size_t out_from_ = 0;
    std::uint64_t given_ = 0;
    std::uint64_t taken_ = 0;
    bool cut_ = false;
};

}  // namespace sallyport::ssh
