#include "tunnel/server_stream.hpp"

#include "base/error.hpp"
#include "http/refusal.hpp"
#include "tunnel/link.hpp"
#include "tunnel/ready.hpp"
#include "tunnel/reserved_fields.hpp"
#include "tunnel/response_fields.hpp"
#include "tunnel/server_end.hpp"
#include "tunnel/stream_fields.hpp"

#include <algorithm>

namespace sallyport::tunnel {
namespace {

/// What comes from a client has an exchange id, which the hub gives and nobody can leave out.
bool is_synthetic(const http::RequestHead& head) {
    return head.authority == ready_authority && head.facts.exchange_id.data() == nullptr &&
           head.method == "GET" && head.upgrade.empty();
}

}  // namespace

ServerStream::ServerStream(ServerEnd& end, Link& link)
    : end_(end), link_(link), event_(link.loop().turn), window_(link.budget()) {}

net::Task<void> ServerStream::work() {
    do {
        while (phase_ != Phase::serving) co_await event_.wait();
        if (!malformed_) {
            Result<void> served = Error{Errc::denied, "there are no service channels here"};
            try {
                if (auto* chosen = service()) served = co_await chosen->serve(head_, *this, *this);
            } catch (...) {
                served = http::escaped_from_service();
            }
            conclude(served);
        }
        // There may still be bytes to send; the stream is over when HTTP/2 says so.
        phase_ = Phase::finishing;
        while (is_open()) co_await event_.wait();
        rest();
    } while (end_.keep_idle(*this));
}

/// Who serves the stream; nobody: it is refused.
http::Service* ServerStream::service() {
    if (is_channel_) return end_.services_.channels;
    if (head_.upgrade == reserved::control_protocol) return &end_.services_.control;
    if (end_.services_.ready != nullptr && is_synthetic(head_)) return end_.services_.ready;
    return &end_.services_.exchanges;
}

void ServerStream::conclude(const Result<void>& outcome) {
    served_ = true;
    // An end that was promised is taken back where the other direction has failed.
    if (head_.is_stream() && finished_ && (!outcome || (end_sent_ && !request_ended_)))
        stop_request(outcome);
    if (finished_ || aborted_) return;
    const auto error =
        outcome ? Error{Errc::failed, "the answer was not finished"} : outcome.error();
    if (started_) return abort(error);
    auto refusal = http::refusal_for(error);
    if (refusal.status == 500) refusal.status = 502;  // to the client, we are a gateway
    http::answer(*this, refusal, "sallyport-agent", head_.facts.exchange_id);
}

void ServerStream::rest() {
    buffers_.rest();
    request_fields_.clear();
    request_trailers_ = {};
    window_.reset();
    malformed_ = request_ended_ = aborted_ = started_ = finished_ = false;
    end_sent_ = served_ = false;
    has_body_ = true;
    phase_ = Phase::idle;
}

void ServerStream::on_field(std::string_view name, std::string_view value) {
    if (phase_ == Phase::head) return buffers_.fields.add(name, value);
    if (may_travel(name)) buffers_.late_fields.add(name, value);
}

void ServerStream::on_fields_end(bool last) {
    if (phase_ != Phase::head) {
        request_trailers_ = buffers_.late_fields.fields();
        return;
    }
    malformed_ = !read_head();
    if (last && head_.body.kind == http::BodySize::Kind::unknown) head_.body = {};
    phase_ = Phase::serving;
    if (malformed_) {
        link_.session().reset(*this, H2Code::protocol_error);
        link_.flush_soon();
    }
    event_.set();
}

bool ServerStream::read_head() {
    head_ = {};
    head_.body = http::BodySize::until_end();
    for (const auto& field : buffers_.fields.fields()) {
        if (field.name.starts_with(':')) {
            if (field.name == ":method") head_.method = field.value;
            if (field.name == ":authority") head_.authority = field.value;
            if (field.name == ":path") head_.target = field.value;
            if (field.name == ":protocol") head_.upgrade = field.value;
        } else if (field.name.starts_with(reserved::prefix)) {
            read_reserved(field);
        } else if (field.name == "content-length") {
            const auto length = parse_decimal(field.value);
            if (!length) return false;
            head_.body = http::BodySize::exactly(*length);
        } else {
            request_fields_.push_back(field);
        }
    }
    head_.fields = request_fields_;
    is_channel_ = head_.upgrade == reserved::channel_protocol;
    if (is_channel_) {  // a stream of bytes like others, but not towards an internal system
        head_.upgrade = {};
        return head_.method == "CONNECT" && !head_.target.empty();
    }
    const bool is_connect = head_.method == "CONNECT";
    if (!is_connect && !head_.upgrade.empty()) return false;
    if (head_.is_stream()) {  // RFC 9113 section 8.5
        head_.body = http::BodySize::until_end();
        return !head_.authority.empty() && head_.target.empty();
    }
    if (is_connect) {
        // RFC 8441. As it was before it met HTTP/2: a GET without a body; what follows 101 is none.
        head_.method = "GET";
        head_.body = {};
    }
    return !head_.method.empty() && !head_.authority.empty() && !head_.target.empty();
}

/// The hub's own come first, so a second one of a name is not the hub's.
void ServerStream::read_reserved(const http::Field& field) {
    auto& facts = head_.facts;
    const auto set = [&](std::string_view name, std::string_view& fact) {
        if (field.name == name && fact.data() == nullptr) fact = field.value;
    };
    set(reserved::exchange_id, facts.exchange_id);
    set(reserved::tenant, facts.tenant);
    set(reserved::client, facts.client);
    set(reserved::user_token, facts.user_token);
    set(reserved::technical_token, facts.technical_token);
}

void ServerStream::on_data(BytesView bytes) {
    if (phase_ == Phase::finishing) return;  // nobody will read it
    window_.arrived(bytes.size(), link_.heard_at());
    buffers_.received.append(bytes);
    event_.set();
}

void ServerStream::on_end() {
    request_ended_ = true;
    event_.set();
}

void ServerStream::on_closed(H2Code) {
    if (phase_ == Phase::head) {  // there will be no request
        malformed_ = true;
        phase_ = Phase::serving;
    }
    if (!finished_) aborted_ = true;
    event_.set();
}

void ServerStream::consume(std::size_t bytes) {
    buffers_.received.consume(bytes);
    auto& session = link_.session();
    if (const auto larger = window_.consumed(bytes, net::Loop::now(), link_.round_trip()))
        session.set_window(*this, larger);
    session.consume(*this, bytes);
    link_.flush_soon();
}

http::Body::State ServerStream::state() const {
    if (!buffers_.received.empty()) return State::flowing;
    if (request_ended_) return State::ended;
    return is_open() && !aborted_ ? State::flowing : State::cut;
}

void ServerStream::inform(const http::ResponseHead& head) {
    if (!is_open() || started_) return;
    if (head.status < 100 || head.status > 199 || head.status == 101) return;
    const ResponseFields fields(head, {});
    link_.session().submit_response(*this, fields.all(), false, false);
    link_.flush_soon();
}

void ServerStream::start(const http::ResponseHead& head) {
    if (started_) return;
    started_ = true;
    const bool upgraded = head.status == 101 && !head_.upgrade.empty();
    const bool opened = upgraded || (head_.is_stream() && head.status == 200);
    has_body_ = opened || http::may_have_body(head_.method, head.status);
    if (!is_open()) return;
    // The end of the stream comes with finish() even if there is no body: it says that the exchange
    // is over.
    const ResponseFields fields(head, head_.upgrade);
    link_.session().submit_response(*this, fields.all(), true, true);
    link_.flush_soon();
}

std::size_t ServerStream::write(BytesView bytes) {
    if (!is_open() || aborted_ || !has_body_) return bytes.size();
    auto& queue = buffers_.to_send;
    if (queue.size() >= send_bytes_max) return 0;
    const auto taken = bytes.first(std::min(bytes.size(), send_bytes_max - queue.size()));
    queue.append(taken);
    resume();
    return taken.size();
}

void ServerStream::finish(http::Fields trailers) {
    if (finished_) return;
    finished_ = true;
    if (has_body_)
        for (const auto& field : trailers)
            if (may_travel(field.name)) buffers_.own_trailers.add(field.name, field.value);
    resume();
}

void ServerStream::abort(const Error&) {
    if (finished_ || aborted_) return;
    aborted_ = true;
    link_.session().reset(*this, H2Code::internal_error);
    link_.flush_soon();
}

void ServerStream::resume() {
    link_.session().resume(*this);
    link_.flush_soon();
}

Pulled ServerStream::pull(std::span<std::byte> into) {
    auto& queue = buffers_.to_send;
    const bool was_full = queue.size() >= send_bytes_max;
    Pulled pulled;
    pulled.bytes = queue.take(into);
    if (was_full || (!finished_ && queue.empty())) event_.set();  // there is room again
    if (!finished_ || !queue.empty()) return pulled;
    pulled.ended = true;
    if (!buffers_.own_trailers.empty()) {
        pulled.has_trailers = true;
        link_.session().submit_trailers(*this, buffers_.own_trailers.fields());
    }
    end_sent_ = true;
    // What the client still sends will not be read: an answer may come before the request has
    // ended. The reset follows the end of the answer (RFC 9113 section 8.1). The other direction of
    // a stream ends on its own.
    if (!request_ended_ && (!head_.is_stream() || served_))
        link_.session().reset(*this, H2Code::no_error);
    return pulled;
}

void ServerStream::stop_request(const Result<void>& outcome) {
    link_.session().reset(*this, outcome ? H2Code::no_error : H2Code::internal_error);
    link_.flush_soon();
}

}  // namespace sallyport::tunnel
