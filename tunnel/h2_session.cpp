#include "tunnel/h2_session.hpp"

#include "base/error.hpp"
#include "tunnel/h2_callbacks.hpp"
#include "tunnel/reserved_fields.hpp"

#include <boost/container/small_vector.hpp>
#include <nghttp2/nghttp2.h>

#include <array>

namespace sallyport::tunnel {
namespace {

constexpr std::int32_t connection_window_bytes = 1 << 30;
constexpr std::size_t field_overhead_bytes = 32;  // of each field, RFC 9113 section 6.5.2

nghttp2_session* raw(const std::unique_ptr<void, void (*)(void*)>& session) {
    return static_cast<nghttp2_session*>(session.get());
}

Error protocol_error(const char* what, int code) {
    return {Errc::protocol, std::string(what) + ": " + nghttp2_strerror(code)};
}

using NameValues = boost::container::small_vector<nghttp2_nv, 48>;

/// Tokens must not enter the compression table, where lengths of later guesses would betray them
/// (RFC 7541 section 7.1.3); ids that never come again would only push out what does.
bool never_indexed(std::string_view name) {
    return name == reserved::user_token || name == reserved::technical_token ||
           name == reserved::exchange_id || name == "authorization" || name == "cookie" ||
           name == "set-cookie";
}

NameValues to_name_values(http::Fields fields) {
    NameValues out;
    out.reserve(fields.size());
    for (const auto& field : fields) {
        nghttp2_nv nv{};
        nv.name =
            const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(field.name.data()));
        nv.namelen = field.name.size();
        nv.value =
            const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(field.value.data()));
        nv.valuelen = field.value.size();
        nv.flags = never_indexed(field.name) ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
        out.push_back(nv);
    }
    return out;
}

/// nghttp2 takes a longer name or value for an error of compression, which ends the connection and
/// not just the stream.
constexpr std::size_t field_bytes_max = 64 * 1024;

bool fits_into(std::size_t bytes_max, http::Fields fields) {
    std::size_t bytes = 0;
    for (const auto& field : fields) {
        if (field.name.size() > field_bytes_max || field.value.size() > field_bytes_max)
            return false;
        bytes += field.name.size() + field.value.size() + field_overhead_bytes;
    }
    return bytes <= bytes_max;
}

}  // namespace

H2Session::H2Session(Role role, const H2Options& options, H2Events& events)
    : events_(events),
      role_(role),
      section_bytes_max_(std::size_t{2} * options.header_list_bytes_max),
      requests_left_(options.requests_max),
      session_(nullptr,
               [](void* session) { nghttp2_session_del(static_cast<nghttp2_session*>(session)); }) {
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1);
    // Nobody pushes here, not even before it has read our settings.
    nghttp2_option_set_max_reserved_remote_streams(option, 0);
    nghttp2_option_set_peer_max_concurrent_streams(option, options.streams_max);
    nghttp2_option_set_max_send_header_block_length(option, 2 * section_bytes_max_);
    nghttp2_option_set_stream_reset_rate_limit(option, options.resets_per_second_max,
                                               options.resets_per_second_max);
    nghttp2_option_set_max_continuations(option, options.continuations_max);
    nghttp2_session* made = nullptr;
    if (role == Role::client)
        nghttp2_session_client_new2(&made, Callbacks::table(), this, option);
    else
        nghttp2_session_server_new2(&made, Callbacks::table(), this, option);
    nghttp2_option_del(option);
    session_.reset(made);

    const std::array<nghttp2_settings_entry, 5> settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options.header_list_bytes_max},
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
    }};
    // ENABLE_PUSH is for clients to send, ENABLE_CONNECT_PROTOCOL for servers.
    std::array<nghttp2_settings_entry, 4> mine{settings[0], settings[1], settings[2],
                                               role == Role::client ? settings[3] : settings[4]};
    nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, mine.data(), mine.size());
    nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, connection_window_bytes);
}

H2Session::~H2Session() { end(); }

void H2Session::end() {
    while (!streams_.empty()) close(streams_.front(), H2Code::internal_error);
}

/// The limit is kept here: nghttp2 1.52 tells the peer of it, but a few bytes of compressed fields
/// may still unfold to hundreds of megabytes.
bool H2Session::fits(H2Stream& stream, std::size_t name_bytes, std::size_t value_bytes) {
    if (stream.too_large_) return false;
    const auto bytes = stream.field_bytes_ + name_bytes + value_bytes + field_overhead_bytes;
    if (bytes > section_bytes_max_) {
        stream.too_large_ = true;
        reset(stream, H2Code::enhance_your_calm);
        return false;
    }
    stream.field_bytes_ = static_cast<std::uint32_t>(bytes);
    return true;
}

void H2Session::open(H2Stream& stream, std::int32_t id) {
    stream.session_ = this;
    stream.id_ = id;
    stream.field_bytes_ = 0;
    stream.too_large_ = false;
    stream.reset_ = false;
    streams_.push_back(stream);
}

void H2Session::close(H2Stream& stream, H2Code code) {
    nghttp2_session_set_stream_user_data(raw(session_), stream.id_, nullptr);
    streams_.erase(streams_.iterator_to(stream));
    stream.session_ = nullptr;
    stream.on_closed(code);
}

Result<void> H2Session::receive(BytesView bytes) {
    const auto taken = nghttp2_session_mem_recv(
        raw(session_), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (taken < 0) return protocol_error("HTTP/2", static_cast<int>(taken));
    return {};
}

Result<void> H2Session::produce(std::string& out, std::size_t bytes_max) {
    while (out.size() + frame_bytes <= bytes_max) {
        const std::uint8_t* data = nullptr;
        const auto count = nghttp2_session_mem_send(raw(session_), &data);
        if (count < 0) return protocol_error("HTTP/2", static_cast<int>(count));
        if (count == 0) return {};
        out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
    }
    return {};
}

bool H2Session::wants_write() const { return nghttp2_session_want_write(raw(session_)) != 0; }

bool H2Session::is_over() const {
    return nghttp2_session_want_read(raw(session_)) == 0 && !wants_write();
}

Result<void> H2Session::submit_request(H2Stream& stream, http::Fields fields, bool has_body) {
    auto* session = raw(session_);
    if (!accepts_requests()) return Error{Errc::not_begun, "the agent takes no more requests"};
    if (!fits_into(section_bytes_max_, fields))
        return Error{Errc::unsupported, "the request's fields are larger than " +
                                            std::to_string(section_bytes_max_) + " bytes"};
    const auto name_values = to_name_values(fields);
    nghttp2_data_provider body{};
    body.read_callback = Callbacks::pull;
    const auto id = nghttp2_submit_request(session, nullptr, name_values.data(), name_values.size(),
                                           has_body ? &body : nullptr, &stream);
    if (id < 0) return Error{Errc::not_begun, nghttp2_strerror(id)};
    --requests_left_;
    open(stream, id);
    return {};
}

void H2Session::submit_response(H2Stream& stream, http::Fields fields, bool is_final,
                                bool has_body) {
    if (!stream.is_open()) return;
    if (!fits_into(section_bytes_max_, fields)) {
        stream.too_large_ = true;
        return reset(stream, H2Code::internal_error);
    }
    const auto name_values = to_name_values(fields);
    if (!is_final) {
        nghttp2_submit_headers(raw(session_), NGHTTP2_FLAG_NONE, stream.id_, nullptr,
                               name_values.data(), name_values.size(), nullptr);
        return;
    }
    nghttp2_data_provider body{};
    body.read_callback = Callbacks::pull;
    nghttp2_submit_response(raw(session_), stream.id_, name_values.data(), name_values.size(),
                            has_body ? &body : nullptr);
}

void H2Session::submit_trailers(H2Stream& stream, http::Fields fields) {
    if (!stream.is_open()) return;
    if (!fits_into(section_bytes_max_, fields)) {
        stream.too_large_ = true;
        return reset(stream, H2Code::internal_error);
    }
    const auto name_values = to_name_values(fields);
    nghttp2_submit_trailer(raw(session_), stream.id_, name_values.data(), name_values.size());
}

void H2Session::resume(H2Stream& stream) {
    if (stream.is_open()) nghttp2_session_resume_data(raw(session_), stream.id_);
}

void H2Session::reset(H2Stream& stream, H2Code code) {
    if (!stream.is_open() || stream.reset_) return;
    stream.reset_ = true;
    nghttp2_submit_rst_stream(raw(session_), NGHTTP2_FLAG_NONE, stream.id_,
                              static_cast<std::uint32_t>(code));
}

void H2Session::forget(H2Stream& stream, H2Code code) {
    if (!stream.is_open()) return;
    reset(stream, code);
    nghttp2_session_set_stream_user_data(raw(session_), stream.id_, nullptr);
    streams_.erase(streams_.iterator_to(stream));
    stream.session_ = nullptr;
}

void H2Session::consume(H2Stream& stream, std::size_t bytes) {
    if (stream.is_open() && bytes > 0)
        nghttp2_session_consume_stream(raw(session_), stream.id_, bytes);
}

void H2Session::set_window(H2Stream& stream, std::uint32_t bytes) {
    if (stream.is_open())
        nghttp2_session_set_local_window_size(raw(session_), NGHTTP2_FLAG_NONE, stream.id_,
                                              static_cast<std::int32_t>(bytes));
}

void H2Session::ping() { nghttp2_submit_ping(raw(session_), NGHTTP2_FLAG_NONE, nullptr); }

void H2Session::announce_shutdown() {
    if (role_ == Role::server) nghttp2_submit_shutdown_notice(raw(session_));
}

void H2Session::shut_down() {
    auto* session = raw(session_);
    nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session), NGHTTP2_NO_ERROR,
                          nullptr, 0);
}

bool H2Session::accepts_requests() const {
    return requests_left_ > 0 && nghttp2_session_check_request_allowed(raw(session_)) != 0;
}

}  // namespace sallyport::tunnel
