#include "hub/worker.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "hub/attachment.hpp"
#include "net/socket_duplex.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::hub {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds hello_time{10};    // from the end of the handshake
constexpr std::chrono::seconds farewell_time{2};  // for an agent to read that we restart
constexpr std::size_t clients_max = 20'000;       // connections to the proxy port, per worker

Ingress::Limits ingress_limits(const Config& config) {
    Ingress::Limits limits;
    limits.held_time_max = config.hold;
    limits.client = config.client_limits;
    limits.access = config.access_log;
    limits.held.bytes_max /= config.workers;
    return limits;
}

/// The ingress, as one client's connection sees it.
class IngressOf final : public http::Service {
public:
    IngressOf(Ingress& ingress, std::string peer) : ingress_(ingress), peer_(std::move(peer)) {}
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        return ingress_.serve_from(peer_, head, up, down);
    }

private:
    Ingress& ingress_;
    std::string peer_;
};

}  // namespace

Worker::Worker(std::size_t index, HubShared& shared, TokenVerifier verifier,
               net::ListeningSocket proxy_socket)
    : index_(index),
      shared_(shared),
      config_(shared.config),
      sweep_(loop_),
      accounts_(shared.accounts),
      trust_(shared.trust),
      ingress_(index, sweep_, shared.registry, links_, std::move(verifier), shared.keys,
               ingress_limits(*shared.config), shared.accounts),
      proxy_(loop_, std::move(proxy_socket), [this](FileDescriptor fd) { accept(std::move(fd)); }),
      clients_(loop_),
      streams_(loop_, sweep_, ingress_, shared.relocate_stream),
      attachments_(loop_),
      closing_(loop_),
      work_(loop_.io.get_executor()) {}

Worker::~Worker() { join(); }

void Worker::start() {
    shared_.registry.on_change(index_, [this] { links_changed(); });
    thread_ = std::thread([this] {
        if (auto started = proxy_.start(); !started)
            log::error("proxy.failed", {{"error", to_text(started.error())}});
        streams_.start();
        loop_.io.run();
    });
}

void Worker::join() {
    if (thread_.joinable()) thread_.join();
}

void Worker::adopt(ArrivedLink link) {
    auto shared = std::make_shared<ArrivedLink>(std::move(link));
    asio::post(loop_.executor(), [this, shared] {
        if (!stopping_) attachments_.spawn("link", serve_link(std::move(*shared)));
    });
}

void Worker::adopt(http::Relocation client) {
    auto shared = std::make_shared<http::Relocation>(std::move(client));
    asio::post(loop_.executor(), [this, shared] {
        clients_.spawn("client",
                       serve_client(std::move(shared->duplex), std::move(shared->buffered)));
    });
}

void Worker::adopt(StreamRelocation client) {
    auto shared = std::make_shared<StreamRelocation>(std::move(client));
    asio::post(loop_.executor(), [this, shared] { streams_.adopt(std::move(*shared)); });
}

void Worker::use(std::shared_ptr<const Accounts> accounts) {
    asio::post(loop_.executor(), [this, accounts] {
        accounts_ = accounts;
        ingress_.use(accounts);
        streams_.judge_again();
        judge_channels();
        // A hello that was judged by the accounts before, after the registry was asked to expel.
        for (auto& [number, attachment] : attached_)
            if (attachment->member &&
                !accounts_->may_attach(attachment->name, attachment->location, attachment->serial))
                leave(*attachment, Registry::Leave::now);
    });
}

void Worker::ask_pulse(std::function<void(daemon::Pulse)> tell) {
    asio::post(loop_.executor(),
               [this, tell = std::move(tell)] { tell({.links = attached_.size()}); });
}

void Worker::revocation_changed() {
    asio::post(loop_.executor(), [this] { close_revoked(); });
}

/// A list that is out of date ends no link, since it says nothing new about whoever is there; new
/// links are refused for it.
void Worker::close_revoked() {
    const auto revocation = shared_.revocation->get();
    const auto now = std::chrono::system_clock::now();
    for (auto& [number, attachment] : attached_) {
        auto judged =
            revocation->judge(attachment->name.tenant(), attachment->serial, attachment->path, now);
        if (judged.verdict == certs::RevocationLists::Verdict::revoked)
            close_denied(*attachment,
                         "the agent's certificate is refused: " + std::move(judged.why));
    }
}

void Worker::use(tunnel::Trust trust) {
    asio::post(loop_.executor(), [this, trust = std::move(trust)] {
        trust_ = trust;
        for (auto& [number, attachment] : attached_)
            if (attachment->member) attachment->control.send(trust_);
    });
}

void Worker::use(std::shared_ptr<const Config> config) {
    asio::post(loop_.executor(), [this, config = std::move(config)]() mutable {
        config_ = std::move(config);
        ingress_.use(ingress_limits(*config_));
    });
}

void Worker::ask_status(std::function<void(Status)> tell) {
    asio::post(loop_.executor(), [this, tell = std::move(tell)] {
        Status status{.counts = ingress_.access_log().counts(),
                      .links = {},
                      .held_requests = ingress_.held_requests()};
        for (const auto& [number, attachment] : attached_) {
            if (!attachment->member) continue;
            const auto& link = attachment->end.link();
            status.links.push_back({.tenant = std::string(attachment->name.tenant()),
                                    .agent = std::string(attachment->name.agent()),
                                    .round_trip = link.round_trip(),
                                    .streams = attachment->end.streams(),
                                    .bytes_in = link.bytes_in(),
                                    .bytes_out = link.bytes_out()});
        }
        tell(std::move(status));
    });
}

void Worker::links_changed() {
    asio::post(loop_.executor(), [this] { links_.changed(); });
}

void Worker::accept(FileDescriptor socket) {
    if (clients_.size() >= clients_max) {
        log::warn("proxy.too_many_clients", {{"limit", clients_max}});
        return;
    }
    clients_.spawn("client",
                   serve_client(std::make_unique<net::SocketDuplex>(std::move(socket)), {}));
}

net::Task<void> Worker::serve_client(std::unique_ptr<net::Duplex> duplex, std::string buffered) {
    struct Known {
        Known(Worker& w, http::H1Connection& c) : worker(w), connection(c) {
            worker.connections_.insert(&connection);
            worker.clients_now_.fetch_add(1, std::memory_order_relaxed);
        }
        ~Known() {
            worker.connections_.erase(&connection);
            worker.clients_now_.fetch_sub(1, std::memory_order_relaxed);
        }
        Worker& worker;
        http::H1Connection& connection;
    };
    std::optional<http::Relocation> moved;
    {
        IngressOf ingress(ingress_, duplex->peer());
        http::H1Connection connection(loop_, sweep_, std::move(duplex), ingress, limits_,
                                      std::move(buffered));
        const Known known(*this, connection);
        if (stopping_) connection.drain();
        moved = co_await connection.run();
    }
    if (moved) shared_.relocate(std::move(*moved));
}

net::Task<void> Worker::serve_link(ArrivedLink link) {
    Attachment attachment(*this, std::move(link));
    attached_.emplace(attachment.number, &attachment);
    sweep_.add(attachment, net::deadline_in(hello_time));
    net::TaskGroup control(loop_);
    net::TaskGroup channels(loop_);
    attachment.tasks = &control;
    attachment.channels = &channels;
    attachment.end.when_retired([this, &attachment] { retire(attachment); });
    control.spawn("control", serve_control(attachment));
    const auto why = co_await attachment.end.run();
    attachment.evidence.ended(why);
    log::info("link.down",
              {{"agent", attachment.name.text()}, {"worker", index_}, {"reason", to_text(why)}});
    attachment.settled.set();
    co_await control.join();
    channels.cancel();  // those that still connect; the others have seen the link end
    co_await channels.join();
    attached_.erase(attachment.number);
}

net::Task<void> Worker::serve_control(Attachment& attachment) {
    attachment.end.link().set_background_streams(1);
    const auto ended = co_await attachment.control.run(attachment.end);
    if (!ended && !attachment.end.link().ended())
        log::warn("control.failed",
                  {{"agent", attachment.name.text()}, {"error", to_text(ended.error())}});
    attachment.over = true;
    attachment.settled.set();
    take_out(attachment);
    // A link without its control stream is of no use; exchanges that run may finish.
    attachment.end.link().set_background_streams(0);
    attachment.end.link().drain(net::deadline_in(config_->drain));
}

/// The link takes no more requests. Were it still looked for, two workers would hand a client to
/// each other for as long as both had such a link.
void Worker::retire(Attachment& attachment) {
    links_.remove(attachment.end);
    if (attachment.member) shared_.registry.retire(*attachment.member);
    if (!attachment.end.going_away()) leave(attachment, Registry::Leave::drain);
}

void Worker::close_denied(Attachment& attachment, std::string why) {
    links_.remove(attachment.end);
    attachment.end.link().close({Errc::denied, std::move(why)});
}

void Worker::leave(Attachment& attachment, Registry::Leave how) {
    if (how == Registry::Leave::now)
        return close_denied(attachment, "the agent may not be attached any more");
    links_.remove(attachment.end);
    attachment.control.close();
    attachment.end.link().drain(net::deadline_in(config_->drain));
}

void Worker::stop(net::Deadline deadline) {
    asio::post(loop_.executor(), [this, deadline] { begin_stop(deadline); });
}

void Worker::begin_stop(net::Deadline deadline) {
    stopping_ = true;
    stop_deadline_ = deadline;
    proxy_.stop();
    for (auto* connection : connections_) connection->drain();
    streams_.drain();
    closing_.spawn("finish", finish());
}

net::Task<void> Worker::finish() {
    // Clients first: their exchanges need the links.
    while (!(clients_.empty() && streams_.empty() && channels_.empty()) &&
           net::Loop::now() < stop_deadline_)
        co_await net::sleep_for(std::chrono::milliseconds(5));
    clients_.cancel();
    streams_.cancel();
    co_await clients_.join();
    co_await streams_.join();
    for (auto& [number, attachment] : attached_) {
        attachment->control.send(tunnel::Restarting{config_->hold});
        attachment->control.close();
        attachment->end.link().drain(net::deadline_in(farewell_time));
    }
    co_await attachments_.join();
    work_.reset();
    loop_.io.stop();
}

}  // namespace sallyport::hub
