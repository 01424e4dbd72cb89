#include "http/fetch.hpp"

#include "base/error.hpp"
#include "http/h1_body.hpp"
#include "http/h1_codec.hpp"
#include "http/h1_write.hpp"
#include "http/wire_input.hpp"
#include "http/wire_output.hpp"
#include "net/event.hpp"
#include "net/within.hpp"

#include <algorithm>

namespace sallyport::http {
namespace {

using h1::Framing;

/// One request and its response. Closes the connection however it ends.
class Fetch {
public:
    Fetch(net::Loop& loop, net::Duplex& duplex, FetchRequest request)
        : loop_(loop),
          duplex_(duplex),
          request_(std::move(request)),
          event_(loop.turn),
          output_(loop, event_),
          body_(input_) {}
    ~Fetch() { duplex_.close(); }
    Fetch(const Fetch&) = delete;
    Fetch& operator=(const Fetch&) = delete;

    net::Task<Result<FetchResponse>> run();

private:
    Result<void> send_request();
    Result<bool> read_head();
    Result<bool> read_body();
    net::Task<Result<void>> until(Result<bool> (Fetch::*step)());

    net::Loop& loop_;
    net::Duplex& duplex_;
    FetchRequest request_;
    net::Event event_;
    WireInput input_;
    WireOutput output_;
    h1::ResponseParse parse_;
    BodyReader body_;
    FetchResponse response_;
};

net::Task<Result<FetchResponse>> Fetch::run() {
    if (auto attached = duplex_.attach(loop_, event_); !attached) co_return attached.error();
    output_.attach(&duplex_);
    if (auto sent = send_request(); !sent) co_return sent.error();
    if (auto head = co_await until(&Fetch::read_head); !head) co_return head.error();
    if (auto body = co_await until(&Fetch::read_body); !body) co_return body.error();
    co_return std::move(response_);
}

/// Repeats a step until it is done. A peer that does not take the rest of the request may still
/// answer, so sending goes on beside.
net::Task<Result<void>> Fetch::until(Result<bool> (Fetch::*step)()) {
    while (true) {
        const auto done = (this->*step)();
        if (!done) co_return done.error();
        if (*done) co_return Result<void>();
        co_await event_.wait();
        output_.send();
    }
}

Result<void> Fetch::send_request() {
    auto& out = output_.buffer();
    bool good = h1::append_request_start(out, request_.method, request_.target, request_.host);
    for (const auto& [name, value] : request_.fields)
        good = good && h1::append_field(out, name, value);
    if (!good) return Error{Errc::malformed, "the request cannot be written as HTTP"};
    const bool has_body = !request_.body.empty() || !is_idempotent(request_.method);
    if (has_body) h1::append_framing(out, Framing::length, request_.body.size());
    h1::append_field(out, "connection", "close");
    h1::append_end_of_head(out);
    out += request_.body;
    output_.send();
    return {};
}

Result<bool> Fetch::read_head() {
    while (true) {
        const auto outcome =
            input_.empty() ? h1::Outcome::needs_more : h1::parse_response(input_.unused(), parse_);
        if (outcome == h1::Outcome::refused)
            return Error{Errc::protocol, std::string(parse_.refusal_text)};
        if (outcome == h1::Outcome::complete) {
            input_.use(parse_.head_bytes);
            if (parse_.head.status >= 200) break;
            parse_.reset();
            continue;
        }
        switch (input_.fill(duplex_)) {
            case WireInput::Fill::some:
                break;
            case WireInput::Fill::full:
                input_.make_room();
                break;
            case WireInput::Fill::would_block:
                return false;
            case WireInput::Fill::failed:
                // A certificate that the server did not like is another matter than a broken wire.
                if (input_.error() == Errc::untrusted)
                    return Error{Errc::untrusted, duplex_.failure()};
                return Error{Errc::cut, duplex_.failure()};
            case WireInput::Fill::ended:
                return Error{Errc::cut, duplex_.failure()};
        }
    }
    response_.status = parse_.head.status;
    for (const auto& [name, value] : parse_.head.fields) response_.fields.emplace_back(name, value);
    const auto& size = parse_.head.body;
    auto framing = size.kind == BodySize::Kind::exact ? Framing::length : Framing::until_close;
    if (parse_.chunked) framing = Framing::chunked;
    if (!may_have_body(request_.method, response_.status)) framing = Framing::none;
    body_.begin(framing, size.bytes, duplex_);
    return true;
}

Result<bool> Fetch::read_body() {
    while (true) {
        const auto bytes = body_.peek();
        if (bytes.empty()) break;
        if (response_.body.size() + bytes.size() > request_.response_bytes_max)
            return Error{Errc::limit, "the response is larger than " +
                                          std::to_string(request_.response_bytes_max) + " bytes"};
        response_.body += as_text(bytes);
        body_.consume(bytes.size());
    }
    if (body_.malformed()) return Error{Errc::protocol, "the response is not well chunked"};
    if (body_.state() == Body::State::cut) return Error{Errc::cut, duplex_.failure()};
    return body_.state() == Body::State::ended;
}

/// Owns the exchange, so that a deadline ends it and the connection with it.
net::Task<Result<FetchResponse>> fetch_all(net::Loop& loop, net::Duplex& duplex,
                                           FetchRequest request) {
    Fetch fetch(loop, duplex, std::move(request));
    co_return co_await fetch.run();
}

}  // namespace

std::string_view FetchResponse::field(std::string_view name) const {
    const auto found = std::ranges::find(fields, name, [](auto& field) { return field.first; });
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

net::Task<Result<FetchResponse>> fetch(net::Loop& loop, net::Duplex& duplex, FetchRequest request,
                                       net::Deadline deadline) {
    auto all = fetch_all(loop, duplex, std::move(request));
    co_return co_await net::within(deadline, std::move(all));
}

}  // namespace sallyport::http
