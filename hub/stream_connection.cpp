#include "hub/stream_connection.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/refusals.hpp"

#include <utility>

namespace sallyport::hub {
namespace {

constexpr int linger_reads_max = 64;

/// What an HTTP answer to CONNECT means, whoever gave it.
StreamRefusal refusal_of(const http::ResponseHead& head) {
    const bool is_ours = is_answer_of(head, culprit);
    switch (head.status) {
        case 403:
            return is_ours ? StreamRefusal::not_his : StreamRefusal::not_exposed;
        case 429:
            return StreamRefusal::busy;
        case 407:
            return StreamRefusal::unauthorized;
        case 502:
        case 504:
            return is_ours ? StreamRefusal::failed : StreamRefusal::unreachable;
        case 503:
            return is_ours ? StreamRefusal::no_agent : StreamRefusal::busy;
        default:
            return StreamRefusal::failed;
    }
}

}  // namespace

StreamConnection::StreamConnection(net::Loop& loop, net::IdleSweep& sweep,
                                   std::unique_ptr<net::Duplex> duplex, Ingress& ingress,
                                   std::unique_ptr<StreamHandshake> handshake, const Limits& limits)
    : loop_(loop),
      sweep_(sweep),
      ingress_(ingress),
      event_(loop.turn),
      stream_(loop, std::move(duplex), event_),
      handshake_(std::move(handshake)),
      limits_(limits) {}

StreamConnection::StreamConnection(net::Loop& loop, net::IdleSweep& sweep, Ingress& ingress,
                                   StreamRelocation from, const Limits& limits)
    : loop_(loop),
      sweep_(sweep),
      ingress_(ingress),
      event_(loop.turn),
      stream_(loop, std::move(from.duplex), event_, from.buffered),
      handshake_(std::move(from.handshake)),
      request_(std::move(from.request)),
      limits_(limits) {}

/// What was granted and did not come to its end, because the hub stops or the client does not read,
/// must not look as if it had.
StreamConnection::~StreamConnection() {
    if (granted_ && (phase_ == Phase::serving || stream_.output().queued() > 0))
        stream_.duplex().reset();
}

net::Task<std::optional<StreamRelocation>> StreamConnection::run() {
    if (!stream_.attach(loop_, *this)) co_return std::nullopt;
    if (request_.caller == nullptr && !co_await shake_hands()) {
        co_await close();
        co_return std::nullopt;
    }
    phase_ = Phase::serving;
    sweep_.remove(*this);
    judge_again();  // another worker may have had it while the accounts changed
    Result<void> served;
    try {
        served = co_await ingress_.serve_stream(request_, stream_.incoming(), *this);
    } catch (...) {
        served = http::escaped_from_service();
    }
    if (relocate_to_) co_return take_apart();
    if (!served && granted_) abort(served.error());
    if (!started_) {
        handshake_->refused(StreamRefusal::failed);
        send_reply();
    }
    co_await close();
    co_return std::nullopt;
}

/// True: request_ is known.
net::Task<bool> StreamConnection::shake_hands() {
    sweep_.add(*this,
               net::deadline_in(draining_ ? limits_.last_handshake_time : limits_.handshake_time));
    while (!timed_out_ && !aborted()) {
        const auto filled = stream_.input().fill(stream_.duplex());
        const auto bytes = stream_.input().unused();
        std::size_t used = 0;
        const auto step = handshake_->read({bytes.data(), bytes.size()}, used);
        stream_.input().use(used);
        send_reply();
        if (step == StreamHandshake::Step::refused) {
            note("handshake_refused", handshake_->fault());
            co_return false;
        }
        // The kernel tells of a reset once: another worker would find an orderly end.
        if (filled == http::WireInput::Fill::failed) co_return false;
        if (step == StreamHandshake::Step::identify && !co_await identify()) co_return false;
        if (step == StreamHandshake::Step::connect) {
            request_.authority = handshake_->authority();
            request_.via = handshake_->protocol();
            request_.peer = stream_.duplex().peer();
            co_return true;
        }
        if (used > 0 || filled == http::WireInput::Fill::some) continue;
        if (filled != http::WireInput::Fill::would_block) co_return false;
        co_await event_.wait();
    }
    // Who has never said anything is no client: something looks whether the port is there.
    if (timed_out_ && stream_.input().received() > 0)
        note("handshake_timed_out", "the handshake took too long");
    co_return false;
}

net::Task<bool> StreamConnection::identify() {
    const auto kind = handshake_->credential_kind();
    auto& wrong_keys = ingress_.wrong_keys();
    const auto caller = ingress_.identify(kind, handshake_->credential());
    if (caller) {
        request_.caller = *caller;
        request_.location = (*caller)->location.value_or(std::string(handshake_->location()));
    } else {
        const bool is_key = kind == Credential::access_key;
        const std::string_view code = is_key ? "key_refused" : "token_refused";
        const auto why = to_text(caller.error());
        note(code, why);
        const auto peer = stream_.duplex().peer();
        const auto& owner = ingress_.refused_owner();
        ingress_.tell_refused({.via = handshake_->protocol(),
                               .remote = peer,
                               .tenant = owner.tenant_id,
                               .client = owner.client_id,
                               .location = handshake_->location(),
                               .code = code,
                               .reason = why});
        if (is_key && caller.error().code == Errc::unauthorized) {
            wrong_keys.count();
            if (!wrong_keys.too_many()) {
                const WrongKeys::Waiting waiting(wrong_keys);
                co_await let_wait(WrongKeys::wrong_key_delay);
            }
        }
    }
    handshake_->judged(caller.has_value());
    send_reply();
    co_return caller.has_value();
}

net::Task<void> StreamConnection::let_wait(std::chrono::milliseconds time) {
    sweep_.add(*this, net::deadline_in(time));
    while (!timed_out_ && !aborted()) co_await event_.wait();
}

void StreamConnection::note(std::string_view code, std::string_view why) {
    ingress_.note({.exchange_id = {},
                   .protocol = handshake_->protocol(),
                   .peer = stream_.duplex().peer(),
                   .location = handshake_->location(),
                   .code = code,
                   .why = why});
}

void StreamConnection::send_reply() {
    stream_.output().buffer() += handshake_->take_reply();
    stream_.output().send();
}

StreamRelocation StreamConnection::take_apart() {
    StreamRelocation parts{*relocate_to_, nullptr, {}, std::move(handshake_), std::move(request_)};
    const auto rest = stream_.input().unused();
    parts.buffered.assign(rest.begin(), rest.end());
    parts.duplex = stream_.detach();
    return parts;
}

// ---- the answer

void StreamConnection::start(const http::ResponseHead& head) {
    if (aborted_) return;
    started_ = true;
    constexpr int ok = 200;
    granted_ = head.status == ok;
    if (granted_)
        handshake_->granted();
    else
        handshake_->refused(refusal_of(head));
    send_reply();
}

std::size_t StreamConnection::write(BytesView bytes) {
    if (!granted_ || aborted()) return bytes.size();
    return stream_.write(bytes);
}

void StreamConnection::finish(http::Fields) {
    if (granted_ && !aborted()) stream_.output().finish();
}

/// The client must not take it for an orderly end.
void StreamConnection::abort(const Error&) {
    if (aborted_) return;
    aborted_ = true;
    if (granted_) stream_.duplex().reset();
    event_.set();
}

bool StreamConnection::relocate(std::size_t worker) {
    if (started_) return false;
    stream_.output().flush();
    if (stream_.output().queued() > 0 || aborted()) return false;
    relocate_to_ = worker;
    return true;
}

// ---- the end

/// What is queued still goes out, then our end, then we wait for the client's: bytes that nobody
/// read would make the kernel reset the connection before the client has read the reply.
net::Task<void> StreamConnection::close() {
    phase_ = Phase::closing;
    timed_out_ = false;
    progress_ = stream_.progress();
    sweep_.add(*this, net::deadline_in(limits_.linger_time));
    while (!aborted() && !timed_out_ && !stream_.output().all_sent()) co_await event_.wait();
    if (aborted() || timed_out_) co_return;
    stream_.output().finish();
    for (int reads = 0; reads < linger_reads_max && !timed_out_; ++reads) {
        auto& incoming = stream_.incoming();
        const auto bytes = incoming.peek();
        incoming.consume(bytes.size());
        if (incoming.state() != http::Body::State::flowing) co_return;
        if (bytes.empty()) co_await event_.wait();
    }
}

void StreamConnection::judge_again() {
    if (phase_ != Phase::serving || request_.caller == nullptr) return;
    const auto good = ingress_.may_go_on(*request_.caller);
    if (good) return;
    log::info("stream.ended", {{"client", request_.caller->client_id},
                               {"host", request_.authority},
                               {"reason", to_text(good.error())}});
    abort(good.error());
}

void StreamConnection::drain() {
    draining_ = true;
    if (phase_ == Phase::handshake)
        sweep_.add(*this, net::deadline_in(limits_.last_handshake_time));
}

// ---- what others tell us

void StreamConnection::on_ready() {
    stream_.output().send();
    event_.set();
}

void StreamConnection::on_deadline() {
    if (phase_ == Phase::closing && stream_.output().queued() > 0 && has_moved()) {
        sweep_.add(*this, net::deadline_in(limits_.linger_time));
        return;
    }
    timed_out_ = true;
    event_.set();
}

/// Since it was last asked.
bool StreamConnection::has_moved() {
    const auto before = std::exchange(progress_, stream_.progress());
    return progress_ != before;
}

}  // namespace sallyport::hub
