#pragma once

#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/ready.hpp"
#include "net/task.hpp"
#include "net/tls_context.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace sallyport::net {

/// TLS over another Duplex. OpenSSL runs over BIOs of ours: one read below serves many records, and
/// one write() makes one write below, however many records it fills. Order of use: make one,
/// handshake(), then attach() like any Duplex, on the same or another loop.
class TlsDuplex final : public Duplex, private Ready {
public:
    /// Plaintext that one write() takes at most; what the wire does not take of it waits as
    /// ciphertext here, and the next write() would block until that is gone.
    static constexpr std::size_t write_bytes_max = 64 * 1024;
    /// Ciphertext of one read below.
    static constexpr std::size_t read_bytes_max = 64 * 1024;
    /// Ciphertext that may wait. Only answers to a peer's key updates come on top of one write().
    static constexpr std::size_t unsent_bytes_max = 256 * 1024;

    /// `host`: the name (SNI, checked in the certificate) or IP address (checked, no SNI) that the
    /// server must prove. `own`: shown instead of the context's identity if it is not empty.
    /// Errors: Errc::untrusted if `own` does not fit together, Errc::malformed for an empty host.
    static Result<std::unique_ptr<TlsDuplex>> client(std::shared_ptr<const TlsContext> context,
                                                     std::unique_ptr<Duplex> wire,
                                                     std::string_view host, TlsIdentity own = {});
    static Result<std::unique_ptr<TlsDuplex>> server(std::shared_ptr<const TlsContext> context,
                                                     std::unique_ptr<Duplex> wire);
    ~TlsDuplex() override;

    /// Once, before anything else, while not attached; leaves it not attached. In TLS 1.3 a client
    /// is done before the server has looked at its certificate: a refusal comes with the first
    /// read(), see failure().
    /// Errors: Errc::untrusted (a certificate was refused, by us or by a server), Errc::denied
    /// (ours, by a client), Errc::protocol, Errc::cut, Errc::timed_out, or the wire's.
    Task<Result<void>> handshake(Loop& loop, Deadline deadline);

    /// After the handshake: what both agreed on, empty without ALPN.
    std::string_view alpn() const;
    /// What the server of this connection was called by the client (SNI), empty if nothing.
    std::string_view server_name() const;
    /// "TLSv1.3", for logs.
    std::string_view version() const;
    /// The peer's leaf certificate, checked; none if it showed none.
    std::optional<certs::Certificate> peer_certificate() const;
    /// A client's certificate and those between it and its authority, checked.
    const std::vector<certs::Certificate>& peer_path() const;
    /// A peer for whom an external authority vouched: what it showed, the leaf first.
    struct ExternalPeer {
        certs::Certificate leaf;
        std::vector<certs::Certificate> issuers;  // not all of them need belong to its chain
    };
    /// Set instead of being one of ours: then no name in peer_certificate() means anything here.
    std::optional<ExternalPeer> external_peer() const;
    /// A client's, after a handshake that has ended either way: whether the server wanted one.
    bool asked_for_certificate() const;
    /// What we show, or showed, to the peer if it asks; none if there is nothing to show.
    std::optional<certs::Certificate> own_certificate() const;

    Result<void> attach(Loop& loop, Ready& ready) override;
    void watch(Ready& ready) override { ready_ = &ready; }
    void detach() override;
    using Duplex::write;
    /// An end of the wire without close_notify is a failure (Errc::cut): nobody can shorten what
    /// the peer said.
    Moved read(std::span<std::byte> into) override;
    Moved write(std::span<const BytesView> buffers) override;
    /// Sends close_notify, and the wire's end once everything written has left.
    void finish() override;
    bool all_out() const override { return dead_ || (unsent_.empty() && wire_->all_out()); }
    void close() override;
    void reset() override;
    bool readable() const override;
    bool quiet() const override;
    std::string peer() const override { return wire_->peer(); }
    std::string failure() const override;

private:
    struct Engine;   // OpenSSL's side
    class Exchange;  // one call into it
    TlsDuplex(std::shared_ptr<const TlsContext> context, std::unique_ptr<Duplex> wire,
              std::unique_ptr<Engine> engine);
    static Result<std::unique_ptr<TlsDuplex>> make(std::shared_ptr<const TlsContext> context,
                                                   std::unique_ptr<Duplex> wire);

    void on_ready() override;
    Task<Result<void>> shake_hands(Loop& loop);
    Result<bool> shake_on();
    Moved decrypt(std::span<std::byte> into);
    std::size_t encrypt(std::span<const BytesView> buffers, std::span<std::byte> record);
    bool encrypt_one(BytesView plaintext);
    void send(BytesView ciphertext);
    void flush();
    void fail(Error error);
    void give_up();
    Moved failed() const;

    std::shared_ptr<const TlsContext> context_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<Duplex> wire_;
    Ready* ready_ = nullptr;
    Bytes unread_;  // ciphertext that OpenSSL has not taken yet, from unread_from_ on
    std::size_t unread_from_ = 0;
    Bytes unsent_;  // ciphertext that the wire has not taken yet, from unsent_from_ on
    std::size_t unsent_from_ = 0;
    std::optional<Error> dead_;
    bool finishing_ = false;
};

}  // namespace sallyport::net
