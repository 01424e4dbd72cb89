#include "agent/channels.hpp"

#include "agent/broken_stream.hpp"
#include "agent/refusals.hpp"
#include "agent/stream_exchange.hpp"
#include "audit/entry.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/secret_hash.hpp"
#include "net/socket_duplex.hpp"
#include "net/within.hpp"

#include <optional>
#include <utility>

namespace sallyport::agent {
namespace {

constexpr std::size_t nonce_bytes = 16;  // nobody guesses them while they wait

http::Refusal unsolicited() {
    http::Refusal refusal{};
    refusal.status = 403;
    refusal.code = "unsolicited_channel";
    refusal.message = "Nobody here has asked for this channel.";
    refusal.proxy_status_error = "http_request_denied";
    return refusal;
}

/// What an end of the stream means here, where the caller is the local program.
std::string_view word_of(const Error& error) {
    if (error.code == Errc::timed_out) return audit::outcome::timed_out;
    return error.code == Errc::cut ? audit::outcome::aborted : audit::outcome::failed;
}

std::string_view reason_of(const Error& error) {
    if (error.code == Errc::timed_out) return "idle";
    return error.code == Errc::cut ? "broken_by_client" : "broken_by_service";
}

/// A literal, whatever the hub has sent.
std::string_view known(std::string_view code) {
    for (const std::string_view one : {"not_granted", "unreachable", "limit", "restarting"})
        if (code == one) return one;
    return "refused";
}

}  // namespace

/// A local port.
struct Channels::Channel {
    Channel(Channels& owner, ChannelConfig c, net::ListeningSocket socket)
        : config(std::move(c)),
          address(socket.local_address()),
          listener(owner.loop_, std::move(socket),
                   [this, &owner](FileDescriptor fd) { owner.accept(*this, std::move(fd)); }) {}
    void failed_with(std::string_view why) {
        ++failed;
        last_error = why;
    }
    ChannelConfig config;
    std::string address;
    net::Listener listener;
    std::size_t connections = 0;
    std::uint64_t opened = 0;
    std::uint64_t failed = 0;
    std::string last_error;
};

/// One local connection: until its stream comes, in open(); then in serve().
struct Channels::Opening {
    enum class State { asked, granted, refused };
    Opening(Channels& owner, Channel& c, FileDescriptor socket)
        : channel(c),
          nonce(to_hex(certs::random_bytes(nonce_bytes))),
          duplex(std::make_unique<net::SocketDuplex>(std::move(socket))),
          peer(duplex->peer()),
          event(owner.loop_.turn) {
        ++channel.connections;
        audit::ExchangeBegin begin;
        begin.exchange = nonce;
        begin.client = peer;
        begin.hub = owner.hub_;
        begin.location = owner.location_;
        begin.virtual_host = channel.config.name;
        begin.internal_host = channel.address;
        begin.method = "CHANNEL";
        entry.emplace(owner.gate_.log(), begin);
    }
    ~Opening() {
        if (duplex) duplex->reset();
        entry.reset();
        --channel.connections;
    }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;

    Channel& channel;
    std::string nonce;
    std::unique_ptr<net::Duplex> duplex;
    std::string peer;
    net::Event event;
    State state = State::asked;
    std::string_view code;  // where refused; a literal
    std::optional<audit::Entry> entry;
};

Channels::Channels(net::Loop& loop, net::IdleSweep& sweep, AuditGate& gate, std::string hub,
                   std::string location, Ask ask, std::chrono::milliseconds open_time)
    : loop_(loop),
      sweep_(sweep),
      gate_(gate),
      hub_(std::move(hub)),
      location_(std::move(location)),
      ask_(std::move(ask)),
      open_time_(open_time),
      tasks_(loop) {}

Channels::~Channels() = default;

void Channels::listen(const ChannelConfig& config, net::ListeningSocket socket) {
    channels_.push_back(std::make_unique<Channel>(*this, config, std::move(socket)));
}

void Channels::start() {
    for (auto& channel : channels_) {
        if (auto started = channel->listener.start(); !started)
            log::error("channel.failed",
                       {{"channel", channel->config.name}, {"error", to_text(started.error())}});
        else
            log::info("channel.listening",
                      {{"channel", channel->config.name}, {"address", channel->address}});
    }
}

void Channels::drain() {
    for (auto& channel : channels_) channel->listener.stop();
}

net::Task<void> Channels::stop() {
    drain();
    tasks_.cancel();
    co_await tasks_.join();
    waiting_.clear();
}

void Channels::tell(std::vector<Status>& all) const {
    for (const auto& channel : channels_)
        all.push_back({channel->config.name, hub_, channel->address, channel->connections,
                       channel->opened, channel->failed, channel->last_error});
}

// ---- the local side

void Channels::accept(Channel& channel, FileDescriptor socket) {
    if (channel.connections >= channel.config.connections) {
        log::warn("channel.too_many_connections",
                  {{"channel", channel.config.name}, {"limit", channel.config.connections}});
        channel.failed_with("connections of the channel are in use");
        return;
    }
    tasks_.spawn("channel", open(std::make_shared<Opening>(*this, channel, std::move(socket))));
}

net::Task<void> Channels::open(OpeningPtr opening) {
    struct Waiting {
        Waiting(Channels& c, const OpeningPtr& o) : channels(c), nonce(o->nonce) {
            channels.waiting_.emplace(nonce, o);
        }
        ~Waiting() { channels.waiting_.erase(nonce); }
        Waiting(const Waiting&) = delete;
        Waiting& operator=(const Waiting&) = delete;
        Channels& channels;
        std::string nonce;
    };
    const bool recorded = co_await record_begin(*opening);
    if (!recorded) co_return co_await give_up(*opening, "audit_unavailable");
    const tunnel::Open message{opening->channel.config.name, opening->nonce};
    {
        const Waiting waiting(*this, opening);
        if (!ask_(message)) {
            opening->state = Opening::State::refused;
            opening->code = "no_link";
        }
        const auto deadline = net::deadline_in(open_time_);
        while (opening->state == Opening::State::asked) {
            auto wait = net::wait_for(opening->event);
            const auto waited = co_await net::within(deadline, std::move(wait));
            if (!waited) break;
        }
    }
    if (opening->state == Opening::State::granted) co_return;  // serve() has it now
    const bool said = opening->state == Opening::State::refused;
    co_await give_up(*opening, said ? opening->code : std::string_view("hub_timed_out"));
}

/// Before a byte goes out.
net::Task<bool> Channels::record_begin(Opening& opening) {
    if (!gate_.log().admits()) co_return false;
    AuditGate::Commit commit(opening.event);
    gate_.begin(commit, *opening.entry);
    while (commit.pending()) co_await opening.event.wait();
    co_return commit.safe() || gate_.log().on_failure() == audit::OnFailure::degrade;
}

net::Task<void> Channels::give_up(Opening& opening, std::string_view reason) {
    log::warn("channel.refused", {{"channel", opening.channel.config.name},
                                  {"exchange", opening.nonce},
                                  {"reason", reason}});
    opening.channel.failed_with(reason);
    opening.duplex->reset();
    AuditGate::Commit commit(opening.event);
    gate_.close(commit, *opening.entry, {audit::outcome::failed, 0, reason});
    while (commit.pending()) co_await opening.event.wait();
}

// ---- the hub's side

void Channels::refused(const tunnel::OpenRefused& refused) {
    const auto found = waiting_.find(refused.nonce);
    if (found == waiting_.end() || found->second->state != Opening::State::asked) return;
    auto& opening = *found->second;
    opening.state = Opening::State::refused;
    opening.code = known(refused.code);
    opening.event.set();
}

/// Once: whoever comes second with the nonce finds nothing.
Channels::OpeningPtr Channels::take(std::string_view target) {
    if (!target.starts_with('/')) return nullptr;
    const auto found = waiting_.find(target.substr(1));
    if (found == waiting_.end() || found->second->state != Opening::State::asked) return nullptr;
    auto opening = found->second;
    waiting_.erase(found);
    opening->state = Opening::State::granted;
    opening->event.set();
    return opening;
}

net::Task<Result<void>> Channels::serve(const http::RequestHead& head, http::Body& up,
                                        http::Answer& down) {
    const auto opening = take(head.target);
    if (opening == nullptr) {
        log::warn("channel.unsolicited", {{"hub", hub_}});
        http::answer(down, unsolicited(), culprit, {});
        co_return Result<void>{};
    }
    ++opening->channel.opened;
    auto moved = co_await move(*opening, up, down);
    AuditGate::Commit commit(down.event());
    audit::Entry::Outcome outcome{audit::outcome::answered};
    if (!moved) outcome = {word_of(moved.error()), 0, reason_of(moved.error())};
    gate_.close(commit, *opening->entry, outcome);
    while (commit.pending()) co_await down.event().wait();
    co_return moved;
}

net::Task<Result<void>> Channels::move(Opening& opening, http::Body& up, http::Answer& down) {
    http::RawStream wire(loop_, std::move(opening.duplex), down.event());
    CutUnlessWhole cut(wire);
    struct Counting {
        Counting(audit::Entry& e, http::RawStream& w) : entry(e), wire(w) {}
        ~Counting() {
            entry.add_request_bytes(wire.input().received());
            entry.add_response_bytes(wire.output().accepted());
        }
        Counting(const Counting&) = delete;
        Counting& operator=(const Counting&) = delete;
        audit::Entry& entry;
        http::RawStream& wire;
    };
    const Counting counting(*opening.entry, wire);
    if (auto attached = wire.attach(loop_, down.event()); !attached) co_return attached.error();
    StreamExchange exchange(loop_, sweep_, wire, up, down, opening.channel.config.idle_timeout);
    http::ResponseHead granted;
    granted.status = 200;
    down.start(granted);
    auto step = exchange.step();
    while (step && *step == StreamStep::wait) {
        co_await down.event().wait();
        step = exchange.step();
    }
    if (!step) co_return step.error();
    cut.whole = true;
    co_return Result<void>{};
}

}  // namespace sallyport::agent
