#include "base/error.hpp"
#include "http/h1_connection.hpp"
#include "http/hygiene.hpp"

/// H1Connection as the Answer of the exchange that it serves.
namespace sallyport::http {

using h1::Framing;

namespace {

/// RFC 9112 section 6.3, from the sender's side.
Framing response_framing(const RequestHead& request, int minor_version, const ResponseHead& head) {
    if (head.status == 101) return Framing::until_close;
    if (head.status == 204) return Framing::none;
    if (!may_have_body(request.method, head.status))
        return head.body.kind == BodySize::Kind::exact ? Framing::length_only : Framing::none;
    if (head.body.kind == BodySize::Kind::unknown)
        return minor_version > 0 ? Framing::chunked : Framing::until_close;
    return Framing::length;  // a body that is not there has the length 0
}

}  // namespace

void H1Connection::inform(const ResponseHead& head) {
    if (aborted() || started_ || parse_.minor_version == 0) return;
    if (head.status < 100 || head.status > 199 || head.status == 101) return;
    if (!output_.room()) return;  // a client that does not read needs no interim news
    continue_sent_ = continue_sent_ || head.status == 100;
    append_head(head);
    h1::append_end_of_head(output_.buffer());
    output_.send();
}

void H1Connection::start(const ResponseHead& head) {
    if (started_) return;
    started_ = true;
    if (aborted()) return;
    const bool upgrade = head.status == 101;
    if (upgrade && parse_.head.upgrade.empty())
        return abort({Errc::protocol, "101 without a request for an upgrade"});
    const auto framing = response_framing(parse_.head, parse_.minor_version, head);
    // Who expected 100 and got something else may send the body or not: nobody knows where the
    // next request would start (RFC 9110 section 10.1.1).
    const bool body_in_doubt = parse_.expects_continue && !continue_sent_ && !up_.touched() &&
                               up_.state() != Body::State::ended;
    close_after_ = close_after_ || draining_ || body_in_doubt || framing == Framing::until_close;
    append_head(head);
    auto& out = output_.buffer();
    h1::append_framing(out, framing, head.body.bytes);
    if (upgrade)
        out += "connection: upgrade\r\nupgrade: websocket\r\n";
    else if (close_after_)
        out += "connection: close\r\n";
    h1::append_end_of_head(out);
    output_.send();
    down_.begin(framing, head.body.bytes);
    if (!upgrade) return;
    upgraded_ = true;
    up_.begin(Framing::until_close, 0, *duplex_);
}

void H1Connection::append_head(const ResponseHead& head) {
    auto& out = output_.buffer();
    h1::append_status_line(out, head.status, head.reason);
    // Our own framing and connection follow; nothing that contradicts them may stand before.
    for (const auto& [name, value] : head.fields)
        if (travels_in_response(name)) h1::append_field(out, name, value);
}

std::size_t H1Connection::write(BytesView bytes) {
    if (aborted()) return bytes.size();
    return down_.write(bytes);
}

void H1Connection::finish(Fields trailers) {
    if (aborted()) return;
    if (down_.finish(trailers) == BodyWriter::Ended::short_of_length)
        return abort({Errc::cut, "less was written than announced"});
    if (upgraded_) output_.finish();
}

void H1Connection::abort(const Error&) {
    if (aborted()) return;
    output_.flush();
    // Where only the end of the connection ends the body, an orderly end would look complete.
    if (down_.ends_with_connection())
        duplex_->reset();
    else
        duplex_->close();
    output_.drop();
    give_up();
}

bool H1Connection::relocate(std::size_t worker) {
    if (aborted() || started_ || up_.touched()) return false;
    output_.flush();
    if (output_.queued() > 0 || output_.failed()) return false;
    relocate_to_ = worker;
    return true;
}

}  // namespace sallyport::http
