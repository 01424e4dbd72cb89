#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "tunnel/h2_stream.hpp"

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sallyport::tunnel {

/// A link dialled by the agent speaks HTTP/2 the other way round: the hub, which accepted, is the
/// client.
enum class Role { client, server };

struct H2Options {
    std::uint32_t streams_max = 10'000;             // at once
    std::uint32_t stream_window_bytes = 64 * 1024;  // to begin with, see ReceiveWindow
    /// Told to the peer. A section of twice as much is not sent, and resets its stream if it comes:
    /// a few compressed bytes can stand for very many, so the limit of what is *received* is not
    /// left to the peer.
    std::uint32_t header_list_bytes_max = 64 * 1024;
    /// Client: after so many requests the connection takes no more (RFC 9113 section 5.1.1: its
    /// stream identifiers run out at 2^30), so that its owner replaces it in time.
    std::uint32_t requests_max = 1'000'000'000;
    /// Server: resets by the peer per second that are taken for an attack (and so many at once).
    /// High, because the hub limits what a client may abort before it becomes a reset.
    std::uint64_t resets_per_second_max = 10'000;
    std::size_t continuations_max = 8;
};

/// What concerns the whole connection.
class H2Events {
public:
    /// Server: a stream for a new request, or nullptr to refuse it.
    virtual H2Stream* on_new_stream() = 0;
    virtual void on_ping_answered() = 0;
    /// The peer takes no new streams.
    virtual void on_goaway() = 0;

protected:
    ~H2Events() = default;
};

/// HTTP/2 (RFC 9113) over byte spans, in either role. No I/O, no clock, no coroutine; the only user
/// of nghttp2. Bytes of a stream give the connection's window back at once, so that no reader can
/// stall another; the stream's own window comes back with consume() only.
class H2Session {
public:
    H2Session(Role role, const H2Options& options, H2Events& events);
    ~H2Session();  // streams that are still open hear on_closed(internal_error)
    H2Session(const H2Session&) = delete;
    H2Session& operator=(const H2Session&) = delete;

    Role role() const { return role_; }

    /// Feeds what came from the peer. Errors: Errc::protocol; the connection must be closed.
    Result<void> receive(BytesView bytes);
    /// Appends frames to `out` until there are none, or no other full one fits into `bytes_max`.
    Result<void> produce(std::string& out, std::size_t bytes_max);
    bool wants_write() const;
    /// Nothing more to read or write: the end after a GOAWAY.
    bool is_over() const;

    /// Client. Copies what it needs. Errors: Errc::not_begun after a GOAWAY or
    /// requests_max requests, Errc::unsupported if the fields are too large for a link.
    Result<void> submit_request(H2Stream& stream, http::Fields fields, bool has_body);
    /// Server; 1xx or the final head. `fields` begins with :status.
    void submit_response(H2Stream& stream, http::Fields fields, bool is_final, bool has_body);
    void submit_trailers(H2Stream& stream, http::Fields fields);
    /// The stream has something to pull again.
    void resume(H2Stream& stream);
    /// The first reset of a stream counts; others do nothing.
    void reset(H2Stream& stream, H2Code code);
    /// The stream's object goes away; what still comes for it is dropped. Resets it if it is open.
    void forget(H2Stream& stream, H2Code code);

    /// The reader took that much: the peer may send as much again.
    void consume(H2Stream& stream, std::size_t bytes);
    /// Raises the window of one stream.
    void set_window(H2Stream& stream, std::uint32_t bytes);

    void ping();
    /// Says that no new stream will be taken: first a notice, then, when the peer has had time to
    /// see it, for good.
    void announce_shutdown();
    void shut_down();
    /// The connection is gone: every open stream hears on_closed(internal_error).
    void end();
    bool accepts_requests() const;
    std::size_t open_streams() const { return streams_.size(); }
    template <class Visit>
    void for_each_stream(Visit visit) {
        for (auto next = streams_.begin(); next != streams_.end();) visit(*next++);
    }

private:
    struct Callbacks;
    bool fits(H2Stream& stream, std::size_t name_bytes, std::size_t value_bytes);
    void open(H2Stream& stream, std::int32_t id);
    void close(H2Stream& stream, H2Code code);

    H2Events& events_;
    Role role_;
    std::size_t section_bytes_max_;
    std::uint32_t requests_left_;
    std::unique_ptr<void, void (*)(void*)> session_;  // nghttp2_session
    boost::intrusive::list<H2Stream> streams_;
};

}  // namespace sallyport::tunnel
