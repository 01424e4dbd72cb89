#include "tunnel/client_stream.hpp"

#include "base/error.hpp"
#include "tunnel/link.hpp"
#include "tunnel/reserved_fields.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace sallyport::tunnel {

ClientStream::ClientStream(Link& link, const http::RequestHead& head, http::Body& up,
                           http::Answer& down)
    : link_(link), head_(head), up_(up), down_(down), window_(link.budget()) {}

ClientStream::~ClientStream() {
    if (!is_open()) return;
    link_.session().forget(*this, answer_ended_ ? H2Code::no_error : H2Code::cancel);
    link_.flush_soon();
}

Result<void> ClientStream::submit() {
    boost::container::small_vector<http::Field, 48> fields;
    const bool upgrade = !head_.upgrade.empty();
    fields.push_back({":method", upgrade ? "CONNECT" : head_.method});
    if (upgrade) fields.push_back({":protocol", head_.upgrade});
    fields.push_back({":scheme", "http"});
    fields.push_back({":authority", head_.authority});
    fields.push_back({":path", head_.target});
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) fields.push_back({name, value});
    };
    add(reserved::exchange_id, head_.facts.exchange_id);
    add(reserved::tenant, head_.facts.tenant);
    add(reserved::client, head_.facts.client);
    add(reserved::user_token, head_.facts.user_token);
    add(reserved::technical_token, head_.facts.technical_token);
    for (const auto& field : head_.fields) fields.push_back(field);
    std::array<char, 20> length;
    if (head_.body.kind == http::BodySize::Kind::exact && !upgrade) {
        const auto end =
            std::to_chars(length.data(), length.data() + length.size(), head_.body.bytes).ptr;
        add("content-length", {length.data(), static_cast<std::size_t>(end - length.data())});
    }
    has_body_ = upgrade || head_.body.kind != http::BodySize::Kind::none;
    if (head_.body == http::BodySize::exactly(0)) has_body_ = upgrade;
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
    if (phase_ != Phase::over && !is_open() && !answer_ended_) phase_ = Phase::over;
}

void ClientStream::move_up() {
    if (!is_open() || up_state_ != http::Body::State::flowing) return;
    // Until the upgrade is granted the request has no body, which is not the end of what follows.
    if (!head_.upgrade.empty() && !upgraded_) return;
    bool moved = false;
    while (to_send_.size() < send_bytes_max) {
        const auto bytes = up_.peek();
        if (bytes.empty()) break;
        const auto part = bytes.first(std::min(bytes.size(), send_bytes_max - to_send_.size()));
        to_send_.append(part);
        up_.consume(part.size());
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

void ClientStream::move_down() {
    while (!received_.empty()) {
        const auto taken = down_.write(received_.view());
        if (taken == 0) return;
        received_.consume(taken);
        if (const auto larger = window_.consumed(taken, net::Loop::now(), link_.round_trip()))
            link_.session().set_window(*this, larger);
        link_.session().consume(*this, taken);
        link_.flush_soon();
    }
    if (!answer_ended_) return;
    down_.finish(trailers_.fields());
    phase_ = Phase::over;
}

Result<void> ClientStream::outcome() const {
    if (answer_ended_ && received_.empty() && phase_ == Phase::over && !malformed_) return {};
    if (down_.aborted()) return Error{Errc::aborted, "the client went away"};
    if (up_state_ == http::Body::State::cut) return Error{Errc::aborted, "the request was cut"};
    if (malformed_) return Error{Errc::protocol, "the agent's answer is malformed"};
    if (down_.started()) return Error{Errc::cut, "the agent broke off its answer"};
    if (link_.ended()) return Error{Errc::unavailable, link_.why().detail};
    if (code_ == H2Code::refused_stream)
        return Error{Errc::unavailable, "the agent takes no more requests"};
    if (code_ == H2Code::enhance_your_calm) return Error{Errc::limit, "the agent is overloaded"};
    return Error{Errc::failed, "the agent gave up"};
}

void ClientStream::on_field(std::string_view name, std::string_view value) {
    (phase_ == Phase::waiting ? fields_ : trailers_).add(name, value);
}

void ClientStream::on_fields_end() {
    if (phase_ == Phase::waiting) start_answer();
    down_.event().set();
}

void ClientStream::start_answer() {
    http::ResponseHead head;
    boost::container::small_vector<http::Field, 32> fields;
    bool upgraded = false;
    for (const auto& field : fields_.fields()) {
        if (field.name == ":status") {
            head.status = static_cast<int>(*parse_decimal(field.value));  // nghttp2 has checked it
        } else if (field.name == reserved::reason) {
            head.reason = field.value;
        } else if (field.name == reserved::upgraded) {
            upgraded = !head_.upgrade.empty() && field.value == head_.upgrade;
        } else if (field.name == "content-length") {
            const auto length = parse_decimal(field.value);
            malformed_ = malformed_ || !length;
            if (length) head.body = http::BodySize::exactly(*length);
        } else if (!field.name.starts_with(reserved::prefix) && !field.name.starts_with(':')) {
            fields.push_back(field);
        }
    }
    // Interim heads are not flow-controlled: an agent must not fill our memory with them.
    if (head.status < 200 && ++informs_ > informs_max) malformed_ = true;
    if (malformed_ || head.status < 100) {
        malformed_ = true;
        phase_ = Phase::over;
        return;
    }
    if (upgraded) head.status = 101;
    upgraded_ = upgraded;
    head.fields = {fields.data(), fields.size()};
    if (head.status < 200 && head.status != 101) {
        down_.inform(head);
        fields_.clear();
        return;
    }
    down_.start(head);
    phase_ = Phase::answering;
}

void ClientStream::on_data(BytesView bytes) {
    received_.append(bytes);
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
    const bool was_full = to_send_.size() >= send_bytes_max;
    pulled.bytes = to_send_.take(into);
    if (was_full || (up_state_ == http::Body::State::flowing && to_send_.empty()))
        down_.event().set();
    if (up_state_ != http::Body::State::ended || !to_send_.empty()) return pulled;
    pulled.ended = true;
    const auto trailers = up_.trailers();
    if (!trailers.empty()) {
        pulled.has_trailers = true;
        link_.session().submit_trailers(*this, trailers);
    }
    return pulled;
}

Held ClientStream::held() const { return {received_.size(), window_.last_progress()}; }

}  // namespace sallyport::tunnel
