#pragma once

#include "base/bytes.hpp"

#include <boost/intrusive/list_hook.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::tunnel {

class H2Session;

/// HTTP/2 error codes we send or act on (RFC 9113 section 7).
enum class H2Code : std::uint32_t {
    no_error = 0,
    protocol_error = 1,
    internal_error = 2,
    flow_control_error = 3,
    refused_stream = 7,
    cancel = 8,
    enhance_your_calm = 11,
};

/// What a stream can give to be sent now.
struct Pulled {
    std::size_t bytes = 0;
    bool ended = false;         // these were the last
    bool has_trailers = false;  // with `ended`: submit_trailers follows
    // no bytes and not ended: nothing now; H2Session::resume() when there is
};

/// What a stream keeps in memory because its reader is slow.
struct Held {
    std::size_t bytes = 0;
    std::chrono::steady_clock::time_point since{};  // when the reader last took something
};

/// One stream, as its session calls it. All calls come from within H2Session::receive() or
/// produce(), or when the session ends: they take notes and set events, nothing more. The object
/// must live until on_closed(), or be taken off with H2Session::forget().
class H2Stream : public boost::intrusive::list_base_hook<> {
public:
    H2Stream() = default;
    H2Stream(const H2Stream&) = delete;
    H2Stream& operator=(const H2Stream&) = delete;

    virtual void on_field(std::string_view name, std::string_view value) = 0;
    /// A field section is complete: a request head, a (1xx) response head, or trailers. `last`: the
    /// peer has nothing more to say on this stream; on_end() follows.
    virtual void on_fields_end(bool last) = 0;
    virtual void on_data(BytesView bytes) = 0;
    /// The peer has finished sending.
    virtual void on_end() = 0;
    /// The stream is over, in whatever way; it has no session any more.
    virtual void on_closed(H2Code code) = 0;
    virtual Pulled pull(std::span<std::byte> into) = 0;
    virtual Held held() const = 0;

    bool is_open() const { return session_ != nullptr; }
    std::int32_t id() const { return id_; }
    /// A field section of the peer, or one of ours, was larger than H2Options allows; the stream
    /// was reset.
    bool too_large() const { return too_large_; }

protected:
    ~H2Stream() = default;

private:
    friend class H2Session;
    H2Session* session_ = nullptr;
    std::int32_t id_ = 0;
    std::uint32_t field_bytes_ = 0;  // of the section that is arriving
    bool too_large_ = false;
    bool reset_ = false;  // by us; on_closed() follows when that has been sent
};

}  // namespace sallyport::tunnel
