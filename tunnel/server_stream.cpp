#include "tunnel/server_stream.hpp"

#include "base/error.hpp"
#include "tunnel/link.hpp"
#include "tunnel/reserved_fields.hpp"
#include "tunnel/response_fields.hpp"
#include "tunnel/server_end.hpp"

#include <algorithm>

namespace sallyport::tunnel {

ServerStream::ServerStream(ServerEnd& end, Link& link)
    : end_(end), link_(link), event_(link.loop().turn), window_(link.budget()) {
    phase_ = Phase::head;
}

net::Task<void> ServerStream::work() {
    while (true) {
        while (phase_ != Phase::serving) co_await event_.wait();
        auto& service = head_.upgrade == reserved::control_protocol ? end_.services_.control
                                                                    : end_.services_.exchanges;
        if (!malformed_) {
            Result<void> served;
            try {
                served = co_await service.serve(head_, *this, *this);
            } catch (...) {
                served = http::escaped_from_service();
            }
            conclude(served);
        }
        // The stream may still have bytes to send; it is over when HTTP/2 says so.
        while (is_open()) co_await event_.wait();
        reset_for_next();
    }
}

void ServerStream::conclude(const Result<void>& outcome) {
    if (outcome && finished_) return;
    if (aborted_) return;
    if (!started_) {  // the service should have answered; say at least that much
        http::ResponseHead head;
        head.status = 502;
        head.body = http::BodySize::exactly(0);
        start(head);
        finish({});
        return;
    }
    abort(outcome ? Error{Errc::cut, "unfinished"} : outcome.error());
}

Held ServerStream::held() const { return {received_.size(), window_.last_progress()}; }

void ServerStream::reset_for_next() {
    fields_.clear();
    late_fields_.clear();
    response_trailers_.clear();
    request_fields_.clear();
    request_trailers_ = {};
    received_.clear();
    to_send_.clear();
    window_.reset();
    malformed_ = request_ended_ = cut_ = aborted_ = started_ = finished_ = false;
    phase_ = Phase::idle;
    end_.release(*this);
}

void ServerStream::on_field(std::string_view name, std::string_view value) {
    (phase_ == Phase::serving ? late_fields_ : fields_).add(name, value);
}

void ServerStream::on_fields_end() {
    if (phase_ == Phase::serving) {
        request_trailers_ = late_fields_.fields();
        return;
    }
    malformed_ = !read_head();
    phase_ = Phase::serving;
    if (malformed_) link_.session().reset(*this, H2Code::protocol_error);
    event_.set();
}

bool ServerStream::read_head() {
    head_ = {};
    head_.body = http::BodySize::until_end();
    for (const auto& field : fields_.fields()) {
        if (field.name.starts_with(':')) {
            if (field.name == ":method") head_.method = field.value;
            if (field.name == ":authority") head_.authority = field.value;
            if (field.name == ":path") head_.target = field.value;
            if (field.name == ":protocol") head_.upgrade = field.value;
            continue;
        }
        if (field.name.starts_with(reserved::prefix)) {
            if (field.name == reserved::exchange_id) head_.facts.exchange_id = field.value;
            if (field.name == reserved::tenant) head_.facts.tenant = field.value;
            if (field.name == reserved::client) head_.facts.client = field.value;
            if (field.name == reserved::user_token) head_.facts.user_token = field.value;
            if (field.name == reserved::technical_token) head_.facts.technical_token = field.value;
            continue;
        }
        if (field.name == "content-length") {
            const auto length = parse_decimal(field.value);
            if (!length) return false;
            head_.body = http::BodySize::exactly(*length);
            continue;
        }
        request_fields_.push_back(field);
    }
    const bool is_connect = head_.method == "CONNECT";
    if (is_connect == head_.upgrade.empty()) return false;  // only extended CONNECT (RFC 8441)
    if (is_connect) {  // its body is what follows the upgrade, without a length
        head_.method = "GET";
        head_.body = {};
    }
    head_.fields = request_fields_;
    return !head_.method.empty() && !head_.authority.empty();
}

void ServerStream::on_data(BytesView bytes) {
    received_.append(bytes);
    event_.set();
}

void ServerStream::on_end() {
    // Before the head was handed on: there is no body at all, unless its length was said.
    request_ended_ = true;
    if (received_.empty() && head_.body.kind == http::BodySize::Kind::unknown &&
        head_.upgrade.empty() && event_.is_set())
        head_.body = {};
    event_.set();
}

void ServerStream::on_closed(H2Code) {
    if (phase_ == Phase::head) {  // there will be no request
        malformed_ = true;
        phase_ = Phase::serving;
    }
    if (!request_ended_) cut_ = true;
    if (!finished_) aborted_ = true;
    event_.set();
}

void ServerStream::consume(std::size_t bytes) {
    received_.consume(bytes);
    auto& session = link_.session();
    if (const auto larger = window_.consumed(bytes, net::Loop::now(), link_.round_trip()))
        session.set_window(*this, larger);
    session.consume(*this, bytes);
    link_.flush_soon();
}

http::Body::State ServerStream::state() const {
    if (!received_.empty()) return State::flowing;
    if (request_ended_) return State::ended;
    return cut_ || aborted_ ? State::cut : State::flowing;
}

void ServerStream::inform(const http::ResponseHead& head) {
    if (!is_open() || started_) return;
    const ResponseFields fields(head, {});
    link_.session().submit_response(*this, fields.all(), false, false);
    link_.flush_soon();
}

void ServerStream::start(const http::ResponseHead& head) {
    if (started_) return;
    started_ = true;
    if (!is_open()) return;
    const ResponseFields fields(head, head_.upgrade);
    link_.session().submit_response(*this, fields.all(), true, true);
    link_.flush_soon();
}

std::size_t ServerStream::write(BytesView bytes) {
    if (!is_open()) return bytes.size();
    if (to_send_.size() >= send_bytes_max) return 0;
    const auto taken = bytes.first(std::min(bytes.size(), send_bytes_max - to_send_.size()));
    to_send_.append(taken);
    link_.session().resume(*this);
    link_.flush_soon();
    return taken.size();
}

void ServerStream::finish(http::Fields trailers) {
    if (finished_) return;
    finished_ = true;
    for (const auto& field : trailers) response_trailers_.add(field.name, field.value);
    link_.session().resume(*this);
    link_.flush_soon();
}

void ServerStream::abort(const Error&) {
    if (finished_) return;
    aborted_ = true;
    link_.session().reset(*this, H2Code::internal_error);
    link_.flush_soon();
}

Pulled ServerStream::pull(std::span<std::byte> into) {
    const bool was_full = to_send_.size() >= send_bytes_max;
    Pulled pulled;
    pulled.bytes = to_send_.take(into);
    if (was_full || (!finished_ && to_send_.empty())) event_.set();  // there is room again
    if (!finished_ || !to_send_.empty()) return pulled;
    pulled.ended = true;
    if (!response_trailers_.empty()) {
        pulled.has_trailers = true;
        link_.session().submit_trailers(*this, response_trailers_.fields());
    }
    // What the client still sends will not be read: an answer may come before the request has
    // ended.
    if (!request_ended_ && head_.upgrade.empty()) link_.session().reset(*this, H2Code::no_error);
    return pulled;
}

}  // namespace sallyport::tunnel
