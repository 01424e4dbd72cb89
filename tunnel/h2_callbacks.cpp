#include "tunnel/h2_callbacks.hpp"

#include <algorithm>

namespace sallyport::tunnel {
namespace {

constexpr ssize_t data_bytes = frame_bytes - 9;

std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

int H2Session::Callbacks::on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                           void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    auto& me = self(user);
    if (auto* known = stream_of(session, frame->hd.stream_id)) known->field_bytes_ = 0;
    if (me.role_ == Role::client || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto* stream = me.events_.on_new_stream();
    if (stream == nullptr) {
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                  NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    me.open(*stream, frame->hd.stream_id);
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
    return 0;
}

int H2Session::Callbacks::on_header(nghttp2_session* session, const nghttp2_frame* frame,
                                    const std::uint8_t* name, std::size_t name_bytes,
                                    const std::uint8_t* value, std::size_t value_bytes,
                                    std::uint8_t, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    auto* stream = stream_of(session, frame->hd.stream_id);
    if (stream != nullptr && self(user).fits(*stream, name_bytes, value_bytes))
        stream->on_field(view(name, name_bytes), view(value, value_bytes));
    return 0;
}

int H2Session::Callbacks::on_frame(nghttp2_session* session, const nghttp2_frame* frame,
                                   void* user) {
    auto& me = self(user);
    switch (frame->hd.type) {
        case NGHTTP2_PING:
            if (frame->hd.flags & NGHTTP2_FLAG_ACK) me.events_.on_ping_answered();
            return 0;
        case NGHTTP2_GOAWAY:
            me.events_.on_goaway();
            return 0;
        case NGHTTP2_HEADERS:
        case NGHTTP2_DATA:
            break;
        default:
            return 0;
    }
    auto* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr || stream->too_large_) return 0;
    const bool last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_HEADERS) stream->on_fields_end(last);
    if (last) stream->on_end();
    return 0;
}

int H2Session::Callbacks::on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                                  const std::uint8_t* data, std::size_t bytes, void*) {
    nghttp2_session_consume_connection(session, bytes);
    auto* stream = stream_of(session, id);
    if (stream == nullptr || stream->too_large_) {
        nghttp2_session_consume_stream(session, id, bytes);
        return 0;
    }
    stream->on_data({reinterpret_cast<const std::byte*>(data), bytes});
    return 0;
}

int H2Session::Callbacks::on_stream_close(nghttp2_session* session, std::int32_t id,
                                          std::uint32_t code, void* user) {
    auto* stream = stream_of(session, id);
    if (stream != nullptr) self(user).close(*stream, static_cast<H2Code>(code));
    return 0;
}

int H2Session::Callbacks::on_frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame,
                                            int, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    auto* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    // A request that came too late for a GOAWAY never becomes a stream, so it is closed here.
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        self(user).close(*stream, H2Code::refused_stream);
    else  // an answer that cannot be given must not leave the peer waiting
        self(user).reset(*stream, H2Code::internal_error);
    return 0;
}

ssize_t H2Session::Callbacks::read_length(nghttp2_session*, std::uint8_t, std::int32_t,
                                          std::int32_t connection_window,
                                          std::int32_t stream_window,
                                          std::uint32_t peer_frame_bytes_max, void*) {
    const ssize_t window = std::min(connection_window, stream_window);
    return std::min({window, data_bytes, static_cast<ssize_t>(peer_frame_bytes_max)});
}

ssize_t H2Session::Callbacks::pull(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                                   std::size_t bytes, std::uint32_t* flags, nghttp2_data_source*,
                                   void*) {
    auto* stream = stream_of(session, id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // forgotten
    const auto pulled = stream->pull({reinterpret_cast<std::byte*>(buffer), bytes});
    if (pulled.ended) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (pulled.has_trailers) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (pulled.bytes == 0 && !pulled.ended) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(pulled.bytes);
}

nghttp2_session_callbacks* H2Session::Callbacks::table() {
    static nghttp2_session_callbacks* const callbacks = [] {
        nghttp2_session_callbacks* made = nullptr;
        nghttp2_session_callbacks_new(&made);
        nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(made, on_header);
        nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
        nghttp2_session_callbacks_set_on_frame_not_send_callback(made, on_frame_not_sent);
        nghttp2_session_callbacks_set_data_source_read_length_callback(made, read_length);
        return made;
    }();
    return callbacks;
}

}  // namespace sallyport::tunnel
