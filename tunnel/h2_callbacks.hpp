#pragma once

#include "tunnel/h2_session.hpp"

#include <nghttp2/nghttp2.h>

namespace sallyport::tunnel {

/// A DATA frame with its head fills one TLS record, and four of them one write of a link.
inline constexpr std::size_t frame_bytes = 16 * 1024;

/// What nghttp2 calls. Part of H2Session: nobody else includes this.
struct H2Session::Callbacks {
    static H2Session& self(void* user) { return *static_cast<H2Session*>(user); }
    static H2Stream* stream_of(nghttp2_session* session, std::int32_t id) {
        return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
    }
    static nghttp2_session_callbacks* table();

    static int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user);
    static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                         const std::uint8_t* name, std::size_t name_bytes,
                         const std::uint8_t* value, std::size_t value_bytes, std::uint8_t flags,
                         void* user);
    static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* user);
    static int on_data(nghttp2_session* session, std::uint8_t flags, std::int32_t id,
                       const std::uint8_t* data, std::size_t bytes, void* user);
    static int on_stream_close(nghttp2_session* session, std::int32_t id, std::uint32_t code,
                               void* user);
    static int on_frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int why,
                                 void* user);
    static ssize_t read_length(nghttp2_session* session, std::uint8_t frame_type, std::int32_t id,
                               std::int32_t connection_window, std::int32_t stream_window,
                               std::uint32_t peer_frame_bytes_max, void* user);
    static ssize_t pull(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                        std::size_t bytes, std::uint32_t* flags, nghttp2_data_source* source,
                        void* user);
};

}  // namespace sallyport::tunnel
