#include "agent/http_exchange.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "http/h1_codec.hpp"
#include "http/h1_write.hpp"

#include <algorithm>

namespace sallyport::agent {

using http::Pumped;
using http::h1::Framing;

namespace {

/// Whether an Authorization or WWW-Authenticate value belongs to a scheme that authenticates the
/// connection (RFC 4559 section 6; NTLM is like it).
bool is_connection_scheme(std::string_view value) {
    const auto starts = [&](std::string_view scheme) {
        return equal_ignoring_case(value.substr(0, scheme.size()), scheme);
    };
    return starts("negotiate") || starts("ntlm") || http::h1::list_has(value, "negotiate") ||
           http::h1::list_has(value, "ntlm");
}

bool names_connection_scheme(http::Fields fields) {
    for (const auto& [name, value] : fields) {
        const bool says = name == "authorization" || name == "proxy-authorization" ||
                          name == "www-authenticate" || name == "proxy-authenticate";
        if (says && is_connection_scheme(value)) return true;
    }
    return false;
}

bool handshakes(const Login* login) {
    return login != nullptr && std::ranges::any_of(login->fields, [](const Login::Field& field) {
               return field.name == "authorization" && is_connection_scheme(field.value.reveal());
           });
}

Framing request_framing(const http::BodySize& body) {
    switch (body.kind) {
        case http::BodySize::Kind::none:
            return Framing::none;
        case http::BodySize::Kind::exact:
            return Framing::length;
        case http::BodySize::Kind::unknown:
            break;
    }
    return Framing::chunked;
}

/// What only hub and agent say about themselves.
bool claims_to_be_us(const http::Field& field) {
    return field.name == "x-sallyport-exchange" ||
           (field.name == "proxy-status" && field.value.find("sallyport-") != field.value.npos);
}

}  // namespace

HttpExchange::HttpExchange(net::Loop& loop, net::IdleSweep& sweep, const HttpExchangeRules& rules,
                           const http::RequestHead& head, http::Body& up, http::Answer& down)
    : sweep_(sweep),
      rules_(&rules),
      head_(head),
      up_(up),
      down_(down),
      next_turn_(loop, down.event()) {
    sweep_.add(*this, net::deadline_in(rules_->response_timeout));
}

Result<void> HttpExchange::check() const {
    const bool own_form = head_.target.starts_with('/') || head_.target == "*";
    if (own_form && http::h1::is_request_target(head_.target) && http::h1::is_token(head_.method) &&
        http::h1::is_field_value(head_.authority))
        return {};
    return Error{Errc::malformed, "the request line cannot be written as HTTP/1.1"};
}

void HttpExchange::begin(HttpWire& wire, const Login* login, const HttpExchangeRules& rules) {
    rules_ = &rules;
    wire_ = &wire;
    login_ = login;
    request_done_ = request_stopped_ = false;
    informs_ = 0;
    received_before_ = wire.input.received();
    handshakes_ = names_connection_scheme(head_.fields) || handshakes(login);
    const bool internal = rules_->host_header == HostHeader::internal_host;
    const auto asked = head_.authority.empty() ? rules_->virtual_authority : head_.authority;
    const auto host = internal ? rules_->internal_authority : asked;
    auto& out = wire.output.buffer();
    http::h1::append_request_start(out, head_.method, head_.target, host);
    write_fields();
    if (internal) http::h1::append_field(out, "x-forwarded-host", asked);
    // An upgrade has no body, whatever a hub says: the back end would take the next request on this
    // connection for the body of a refused one.
    const auto framing =
        head_.upgrade.empty() ? request_framing(head_.body) : http::h1::Framing::none;
    http::h1::append_framing(out, framing, head_.body.bytes);
    http::h1::append_end_of_head(out);
    wire.output.send();
    wire.request.begin(framing, head_.body.bytes);
    progress_ = progress();
}

/// What the agent itself says of the user, nobody else may say.
bool HttpExchange::is_replaced(std::string_view name) const {
    if (login_ == nullptr) return false;
    if (login_->drops_authorization && http::same_name(name, "authorization")) return true;
    return std::ranges::any_of(login_->fields, [&](const Login::Field& field) {
        return http::same_name(field.name, name);
    });
}

void HttpExchange::write_fields() {
    auto& out = wire_->output.buffer();
    http::keep_request_fields(head_.fields, wire_->kept, rules_->strip);
    const bool internal = rules_->host_header == HostHeader::internal_host;
    for (const auto& [name, value] : wire_->kept) {
        if (is_replaced(name)) continue;
        if (internal && http::same_name(name, "x-forwarded-host")) continue;
        if (name == "te") out += "connection: te\r\n";
        http::h1::append_field(out, name, value);
    }
    if (login_ != nullptr)
        for (const auto& [name, value] : login_->fields)
            http::h1::append_field(out, name, value.reveal());
    if (!head_.upgrade.empty()) out += "connection: upgrade\r\nupgrade: websocket\r\n";
}

Result<HttpExchange::Step> HttpExchange::step() {
    if (down_.aborted()) return Error{Errc::aborted, "the caller went away"};
    if (expired_)
        return Error{Errc::timed_out, head_done_ ? "the transfer stood still"
                                                 : "no response head within response_timeout"};
    wire_->output.send();
    move_request();
    if (up_.state() == http::Body::State::cut)
        return Error{Errc::malformed, "the request body is cut or malformed"};
    if (auto moved = move_response(); !moved) return moved.error();
    // The back end's end is the end of all: of an early answer, and of an upgraded connection too,
    // whose other side may be waiting for just that. The caller's end is only the caller's.
    return response_done_ ? Step::done : Step::wait;
}

void HttpExchange::move_request() {
    if (request_done_ || request_stopped_) return;
    if (!head_.upgrade.empty() && !upgraded_) return;  // nothing may follow before 101
    // A back end that closed may have answered before: whoever reads will find out.
    if (wire_->output.failed()) {
        request_stopped_ = true;
        return;
    }
    const auto pumped = http::pump(up_, wire_->request);
    request_touched_ = request_touched_ || wire_->request.taken() > 0;
    if (pumped == Pumped::more) next_turn_.request();
    if (pumped != Pumped::ended || up_.state() == http::Body::State::cut) return;
    request_done_ = true;
    if (upgraded_) return wire_->output.finish();
    http::keep_request_trailers(up_.trailers(), wire_->kept, rules_->strip);
    std::erase_if(wire_->kept, [&](const http::Field& field) { return is_replaced(field.name); });
    wire_->request.finish(wire_->kept);
    if (head_.body.kind != http::BodySize::Kind::none)
        sweep_.add(*this, net::deadline_in(rules_->response_timeout));
}

Result<void> HttpExchange::move_response() {
    if (response_done_) return {};
    if (!head_done_) {
        const auto read = read_head();
        if (!read) return read.error();
        if (!*read) return {};
    }
    const auto pumped = http::pump(wire_->response, down_);
    if (pumped == Pumped::more) next_turn_.request();
    if (pumped != Pumped::ended) return {};
    if (wire_->response.malformed())
        return Error{Errc::protocol, "the response body is not well chunked"};
    if (wire_->response.state() == http::Body::State::cut) return broken();
    http::keep_response_trailers(wire_->response.trailers(), wire_->kept);
    down_.finish(wire_->kept);
    response_done_ = true;
    return {};
}

/// True: the final head has been passed on.
Result<bool> HttpExchange::read_head() {
    auto& input = wire_->input;
    auto& parse = wire_->parse;
    while (true) {
        const auto outcome = input.empty() ? http::h1::Outcome::needs_more
                                           : http::h1::parse_response(input.unused(), parse);
        if (outcome == http::h1::Outcome::refused)
            return Error{Errc::protocol, std::string(parse.refusal_text)};
        if (outcome == http::h1::Outcome::complete) {
            if (auto passed = pass_head(); !passed) return passed.error();
            if (head_done_) return true;
            continue;
        }
        switch (input.fill(wire_->duplex())) {
            case http::WireInput::Fill::some:
                break;
            case http::WireInput::Fill::full:
                input.make_room();
                break;
            case http::WireInput::Fill::would_block:
                return false;
            case http::WireInput::Fill::ended:
            case http::WireInput::Fill::failed:
                return broken();
        }
    }
}

Result<void> HttpExchange::pass_head() {
    auto& parse = wire_->parse;
    const int status = parse.head.status;
    if (status == 101 && (head_.upgrade.empty() || !parse.upgrades_to_websocket))
        return Error{Errc::protocol, "101 for an upgrade that was not asked for"};
    handshakes_ = handshakes_ || names_connection_scheme(parse.head.fields);
    choose_fields();
    auto head = parse.head;
    head.fields = wire_->kept;
    wire_->input.use(parse.head_bytes);
    if (status < 200 && status != 101) {
        if (++informs_ > informs_max)
            return Error{Errc::protocol, "too many responses before the response"};
        down_.inform(head);
        parse.reset();
        return {};
    }
    head_done_ = true;
    status_ = status;
    upgraded_ = status == 101;
    if (!head_.upgrade.empty()) request_done_ = !upgraded_;
    begin_body();
    down_.start(head);
    return {};
}

void HttpExchange::begin_body() {
    const auto& parse = wire_->parse;
    auto framing = Framing::until_close;
    if (parse.head.body.kind == http::BodySize::Kind::exact) framing = Framing::length;
    if (parse.chunked) framing = Framing::chunked;
    if (!http::may_have_body(head_.method, parse.head.status)) framing = Framing::none;
    if (upgraded_) {
        framing = Framing::until_close;
        wire_->request.begin(Framing::until_close, 0);
    }
    wire_->response.begin(framing, parse.head.body.bytes, wire_->duplex());
}

void HttpExchange::choose_fields() {
    auto& kept = wire_->kept;
    http::keep_response_fields(wire_->parse.head.fields, kept);
    std::erase_if(kept, claims_to_be_us);
    wire_->rewritten.clear();
    for (auto& field : kept) rewrite(field);
}

void HttpExchange::rewrite(http::Field& field) {
    std::string value;
    if (field.name == "location" || field.name == "content-location")
        value = rules_->rewrite.location(field.value);
    else if (field.name == "set-cookie")
        value = rules_->rewrite.set_cookie(field.value);
    if (!value.empty()) field.value = wire_->rewritten.emplace_back(std::move(value));
}

Error HttpExchange::broken() const {
    auto why = wire_->duplex().failure();
    if (why.empty()) why = head_done_ ? "the response body was cut" : "closed without a response";
    return {Errc::cut, std::move(why)};
}

bool HttpExchange::reusable() const {
    return response_done_ && request_done_ && wire_->parse.keep_alive && !upgraded_ &&
           !handshakes_ && wire_->response.ends_by_itself() && wire_->input.empty() &&
           !wire_->input.ended() && wire_->output.queued() == 0 && !wire_->output.failed();
}

bool HttpExchange::repeatable() const {
    return http::is_idempotent(head_.method) && !request_touched_ && !down_.started() &&
           !down_.aborted() && !expired_ && wire_->input.received() == received_before_;
}

FailedAttempt HttpExchange::failed(bool sent) const {
    const bool heard = sent && wire_ != nullptr && wire_->input.received() != received_before_;
    return {.sent = sent,
            .idempotent = http::is_idempotent(head_.method),
            .body_touched = request_touched_,
            .answer_begun = heard || down_.started(),
            .over = down_.aborted() || expired_};
}

bool HttpExchange::careful() const {
    return !http::is_idempotent(head_.method) || head_.body.kind != http::BodySize::Kind::none ||
           !head_.upgrade.empty();
}

std::uint64_t HttpExchange::progress() const {
    return wire_ == nullptr ? 0 : wire_->input.received() + wire_->output.accepted();
}

/// Until the response head only an upload that moves may take longer than response_timeout; after
/// it only a transfer that stands still ends.
void HttpExchange::on_deadline() {
    const bool moved = progress() != progress_;
    const bool uploads = wire_ != nullptr && !request_done_;
    const bool go_on = head_done_ ? moved || !stall_counted_ : moved && uploads;
    if (!go_on) {
        expired_ = true;
        return down_.event().set();
    }
    stall_counted_ = head_done_;
    progress_ = progress();
    const auto time = head_done_ ? rules_->stall_timeout : rules_->response_timeout;
    sweep_.add(*this, net::deadline_in(time));
}

}  // namespace sallyport::agent
