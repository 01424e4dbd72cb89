#include "tunnel/client_stream.hpp"

#include "base/error.hpp"
#include "http/hygiene.hpp"
#include "tunnel/link.hpp"
#include "tunnel/reserved_fields.hpp"
#include "tunnel/stream_fields.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace sallyport::tunnel {

ClientStream::ClientStream(Link& link, StreamBuffers& buffers, const http::RequestHead& head,
                           http::Body& up, http::Answer& down)
    : link_(link), buffers_(buffers), head_(head), up_(up), down_(down), window_(link.budget()) {}

ClientStream::~ClientStream() {
    if (!is_open()) return;
    const bool all_well = answer_ended_ && !down_.aborted();
    link_.session().forget(*this, all_well ? H2Code::no_error : H2Code::cancel);
    link_.flush_soon();
}

Result<void> ClientStream::submit() {
    boost::container::small_vector<http::Field, 48> fields;
    const bool upgrade = !head_.upgrade.empty();
    const bool opens = upgrade || head_.is_stream();
    const bool has_length = head_.body.kind == http::BodySize::Kind::exact;
    const bool bodiless =
        head_.body == http::BodySize{} || head_.body == http::BodySize::exactly(0);
    if (upgrade && !bodiless) return Error{Errc::malformed, "a request for an upgrade with a body"};
    fields.push_back({":method", upgrade ? "CONNECT" : head_.method});
    // Streams towards virtual hosts have no target.
    const bool is_channel = head_.is_stream() && !head_.target.empty();
    if (upgrade) fields.push_back({":protocol", head_.upgrade});
    if (is_channel) fields.push_back({":protocol", reserved::channel_protocol});
    fields.push_back({":authority", head_.authority});
    if (!head_.is_stream() || is_channel) {
        fields.push_back({":scheme", "http"});
        fields.push_back({":path", head_.target});
    }
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) fields.push_back({name, value});
    };
    add(reserved::exchange_id, head_.facts.exchange_id);
    add(reserved::tenant, head_.facts.tenant);
    add(reserved::client, head_.facts.client);
    add(reserved::user_token, head_.facts.user_token);
    add(reserved::technical_token, head_.facts.technical_token);
    for (const auto& field : head_.fields)
        if (may_travel(field.name)) fields.push_back(field);
    std::array<char, 20> length;
    if (has_length && !opens) {
        const auto end =
            std::to_chars(length.data(), length.data() + length.size(), head_.body.bytes).ptr;
        add("content-length", {length.data(), static_cast<std::size_t>(end - length.data())});
    }
    has_body_ = opens || (has_length ? head_.body.bytes > 0
                                     : head_.body.kind == http::BodySize::Kind::unknown);
    auto submitted =
        link_.session().submit_request(*this, {fields.data(), fields.size()}, has_body_);
    link_.flush_soon();
    return submitted;
}

void ClientStream::move() {
    if (phase_ == Phase::over) return;
    if (down_.aborted()) {
        phase_ = Phase::over;
        return;
    }
    if (has_body_) move_up();
    if (phase_ == Phase::answering) move_down();
    if (phase_ != Phase::over && !is_open() && (finished_ || !answer_ended_)) phase_ = Phase::over;
}

void ClientStream::move_up() {
    if (!is_open() || up_state_ != http::Body::State::flowing) return;
    // Until it is granted there is nothing to send, which is not the end of what follows.
    if ((!head_.upgrade.empty() || head_.is_stream()) && !opened_) return look_for_caller();
    bool moved = false;
    while (buffers_.to_send.size() < send_bytes_max) {
        const auto bytes = up_.peek();
        if (bytes.empty()) break;
        const auto part =
            bytes.first(std::min(bytes.size(), send_bytes_max - buffers_.to_send.size()));
        buffers_.to_send.append(part);
        up_.consume(part.size());
        body_touched_ = true;
        moved = true;
    }
    up_state_ = up_.state();
    if (up_state_ == http::Body::State::cut) {
        phase_ = Phase::over;
        return;
    }
    if (!moved && up_state_ == http::Body::State::flowing) return;
    link_.session().resume(*this);
    link_.flush_soon();
}

/// A caller that has broken off need not be connected to anything.
void ClientStream::look_for_caller() {
    if (!head_.is_stream() || !up_.peek().empty() || up_.state() != http::Body::State::cut) return;
    up_state_ = http::Body::State::cut;
    phase_ = Phase::over;
}

void ClientStream::move_down() {
    auto& received = buffers_.received;
    while (!received.empty()) {
        const auto taken = down_.write(received.view());
        if (taken == 0) return;
        received.consume(taken);
        if (const auto larger = window_.consumed(taken, net::Loop::now(), link_.round_trip()))
            link_.session().set_window(*this, larger);
        link_.session().consume(*this, taken);
        link_.flush_soon();
    }
    if (!answer_ended_ || finished_) return;
    std::vector<http::Field> kept;
    http::keep_response_trailers(buffers_.late_fields.fields(), kept);
    down_.finish(kept);
    finished_ = true;
    // A stream that was granted goes on in the other direction (RFC 9113 section 8.5).
    if (!head_.is_stream() || !opened_) phase_ = Phase::over;
}

Result<void> ClientStream::outcome() const {
    // Of a stream the other direction may still break, or what is left of it be dropped.
    const bool broke =
        head_.is_stream() &&
        (code_ != H2Code::no_error || (up_state_ != http::Body::State::ended && down_.aborted()));
    if (finished_ && !broke) return {};
    if (down_.aborted()) return Error{Errc::aborted, "the client went away"};
    if (up_state_ == http::Body::State::cut) return Error{Errc::aborted, "the request was cut"};
    if (malformed_ || too_large())
        return Error{Errc::protocol, too_large() ? "the agent's answer has too many fields"
                                                 : "the agent's answer is malformed"};
    if (down_.started()) return Error{Errc::cut, "the agent broke off its answer"};
    // RFC 9113 section 8.7: a refused stream was not processed.
    if (code_ == H2Code::refused_stream)
        return Error{body_touched_ ? Errc::unavailable : Errc::not_begun,
                     "the agent takes no more requests"};
    if (link_.ended()) return Error{Errc::unavailable, link_.why().detail};
    if (code_ == H2Code::enhance_your_calm)
        return Error{Errc::limit, "the agent has no memory for the request"};
    return Error{Errc::failed, "the agent gave up"};
}

void ClientStream::on_field(std::string_view name, std::string_view value) {
    if (phase_ == Phase::waiting) return buffers_.fields.add(name, value);
    if (may_travel(name)) buffers_.late_fields.add(name, value);
}

void ClientStream::on_fields_end(bool) {
    if (phase_ == Phase::waiting) start_answer();
    down_.event().set();
}

void ClientStream::fail_malformed() {
    malformed_ = true;
    phase_ = Phase::over;
}

/// False if it is of no use as a field for the caller.
bool ClientStream::read_answer_field(const http::Field& field, http::ResponseHead& head) {
    if (field.name == ":status") {
        head.status = static_cast<int>(*parse_decimal(field.value));  // nghttp2 has checked it
    } else if (field.name == reserved::reason) {
        head.reason = field.value;
    } else if (field.name == reserved::upgraded) {
        opened_ = !head_.upgrade.empty() && field.value == head_.upgrade;
    } else if (field.name == "content-length") {
        const auto length = parse_decimal(field.value);
        malformed_ = malformed_ || !length;
        if (length) head.body = http::BodySize::exactly(*length);
    } else {
        return may_travel(field.name);
    }
    return false;
}

void ClientStream::start_answer() {
    http::ResponseHead head;
    boost::container::small_vector<http::Field, 32> fields;
    for (const auto& field : buffers_.fields.fields())
        if (read_answer_field(field, head)) fields.push_back(field);
    head.fields = {fields.data(), fields.size()};
    if (malformed_ || head.status < 100) return fail_malformed();
    if (head.status < 200) {
        // They are not flow-controlled: an agent must not fill our memory with them.
        if (++informs_ > informs_max) return fail_malformed();
        down_.inform(head);
        buffers_.fields.clear();
        return;
    }
    if (head_.is_stream()) opened_ = head.status == 200;
    opened_ = opened_ && head.status == 200;
    if (opened_ && !head_.is_stream()) {
        head.status = 101;
        head.body = {};
    }
    down_.start(head);
    phase_ = Phase::answering;
}

void ClientStream::on_data(BytesView bytes) {
    if (phase_ == Phase::over) return;
    window_.arrived(bytes.size(), link_.heard_at());
    buffers_.received.append(bytes);
    down_.event().set();
}

void ClientStream::on_end() {
    answer_ended_ = true;
    down_.event().set();
}

void ClientStream::on_closed(H2Code code) {
    code_ = code;
    down_.event().set();
}

Pulled ClientStream::pull(std::span<std::byte> into) {
    Pulled pulled;
    const bool was_full = buffers_.to_send.size() >= send_bytes_max;
    pulled.bytes = buffers_.to_send.take(into);
    if (was_full || (up_state_ == http::Body::State::flowing && buffers_.to_send.empty()))
        down_.event().set();
    if (up_state_ != http::Body::State::ended || !buffers_.to_send.empty()) return pulled;
    pulled.ended = true;
    auto& trailers = buffers_.own_trailers;
    std::vector<http::Field> kept;
    http::keep_request_trailers(up_.trailers(), kept);
    for (const auto& field : kept)
        if (may_travel(field.name)) trailers.add(field.name, field.value);
    if (!trailers.empty()) {
        pulled.has_trailers = true;
        link_.session().submit_trailers(*this, trailers.fields());
    }
    return pulled;
}

}  // namespace sallyport::tunnel
