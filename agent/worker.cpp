#include "agent/worker.hpp"

#include "mappings/exposure.hpp"

#include <boost/asio/post.hpp>

namespace sallyport::agent {

namespace asio = boost::asio;

tunnel::Hello say_hello(const AgentShared& shared, const Site& site, const HubConfig& hub) {
    tunnel::Hello hello;
    hello.program = SALLYPORT_VERSION;
    hello.location = hub.location;
    hello.epoch = shared.epoch;
    hello.process = shared.process;
    hello.authorities = shared.authorities();
    const auto now = std::chrono::system_clock::now();
    hello.ready = true;
    for (const auto& mapping : site.table.mappings())
        if ((mapping.hub.empty() || mapping.hub == hub.name) && mappings::is_there(mapping, now))
            hello.virtual_hosts.push_back(mapping.virtual_host.text());
    return hello;
}

/// The exchanges of one hub, and the links they come through.
struct Worker::HubSide {
    HubSide(Worker& worker, const HubConfig& hub)
        : exchange(hub.name, hub.location, worker.gate_, worker.principals_, worker.deliveries_,
                   worker.backends_, worker.meter_, worker.site_),
          channels(worker.loop_, worker.sweep_, worker.gate_, hub.name, hub.location,
                   [this](const tunnel::Open& open) { return links.ask(open); }),
          links({.loop = worker.loop_,
                 .pool = worker.shared_.pool,
                 .budget = worker.shared_.budget,
                 .exchanges = exchange,
                 .hub = hub,
                 .tunnel = worker.site_->config.tunnel,
                 .context = worker.shared_.context,
                 .hello = [&worker, hub] { return say_hello(worker.shared_, *worker.site_, hub); },
                 .trust = worker.shared_.trust,
                 .name = worker.shared_.name,
                 .worker = worker.index_,
                 .workers = worker.shared_.workers,
                 .channels = &channels,
                 .open_refused =
                     [this](const tunnel::OpenRefused& refused) { channels.refused(refused); },
                 .log = &worker.shared_.log,
                 .witness =
                     [&worker, name = hub.name](tunnel::ControlMessage message) {
                         if (worker.shared_.witness)
                             worker.shared_.witness(name, std::move(message));
                     },
                 .board = worker.shared_.board,
                 .ready = &worker.ready_}) {}

    Exchange exchange;
    Channels channels;
    HubLinks links;
};

Worker::Worker(std::size_t index, AgentShared& shared)
    : index_(index),
      shared_(shared),
      sweep_(loop_),
      gate_(loop_, shared.log),
      principals_(shared.refresh_keys),
      backends_(loop_, sweep_, shared.pool, *shared.states),
      deliveries_(loop_, shared.pool, shared.kerberos),
      site_(shared.site),
      finishing_(loop_),
      work_(loop_.io.get_executor()) {
    meter_.use(site_->table);
    deliveries_.use(site_, shared.keys, shared.agent);
    for (const auto& hub : site_->config.hubs)
        hubs_.push_back(std::make_unique<HubSide>(*this, hub));
}

Worker::~Worker() { join(); }

void Worker::listen(const ChannelConfig& channel, net::ListeningSocket socket) {
    const auto& hubs = site_->config.hubs;
    for (std::size_t i = 0; i < hubs.size(); ++i)
        if (hubs[i].name == channel.hub)
            return hubs_[i]->channels.listen(channel, std::move(socket));
}

void Worker::start() {
    thread_ = std::thread([this] {
        for (auto& hub : hubs_) {
            hub->links.start();
            hub->channels.start();
        }
        loop_.io.run();
    });
}

void Worker::join() {
    if (thread_.joinable()) thread_.join();
}

void Worker::use(SitePtr site, PrincipalKeys keys) {
    asio::post(loop_.executor(), [this, site, keys = std::move(keys)] {
        site_ = site;
        meter_.use(site->table);
        deliveries_.use(site, keys, shared_.agent);
        backends_.use(site);
        for (auto& hub : hubs_) hub->exchange.use(site);
    });
}

void Worker::use_keys(daemon::KeySnapshotPtr keys) {
    asio::post(loop_.executor(),
               [this, keys = std::move(keys)]() mutable { principals_.use(std::move(keys)); });
}

void Worker::renew_system() {
    asio::post(loop_.executor(), [this] { deliveries_.renew_system(); });
}

void Worker::reconnect() {
    asio::post(loop_.executor(), [this] {
        for (auto& hub : hubs_) hub->links.reconnect();
    });
}

void Worker::replace_links() {
    asio::post(loop_.executor(), [this] {
        for (auto& hub : hubs_) hub->links.replace();
    });
}

void Worker::ask_hub(std::string hub, tunnel::ControlMessage question,
                     std::function<void(bool)> tell) {
    asio::post(loop_.executor(), [this, hub = std::move(hub), question = std::move(question),
                                  tell = std::move(tell)] {
        const auto& configs = shared_.site->config.hubs;
        for (std::size_t i = 0; i < hubs_.size(); ++i)
            if (configs[i].name == hub) return tell(hubs_[i]->links.ask(question));
        tell(false);
    });
}

void Worker::ask_status(std::function<void(Status)> tell) {
    asio::post(loop_.executor(), [this, tell] {
        Status status{.links = {},
                      .channels = {},
                      .issued_system = deliveries_.issued_system(),
                      .ssh_hosts = backends_.ssh_hosts(),
                      .counts = meter_.counts(net::Loop::now()),
                      .pools = backends_.pools()};
        for (const auto& hub : hubs_) hub->channels.tell(status.channels);
        for (std::size_t i = 0; i < hubs_.size(); ++i)
            status.links.emplace_back(shared_.site->config.hubs[i].name, hubs_[i]->links.status());
        tell(std::move(status));
    });
}

void Worker::ask_pulse(std::function<void(daemon::Pulse)> tell) {
    asio::post(loop_.executor(), [this, tell = std::move(tell)] {
        daemon::Pulse pulse;
        for (const auto& hub : hubs_) {
            pulse.well = pulse.well && hub->links.keeps_trying();
            pulse.links += hub->links.up();
        }
        tell(pulse);
    });
}

void Worker::stop(net::Deadline deadline) {
    asio::post(loop_.executor(),
               [this, deadline] { finishing_.spawn("finish", finish(deadline)); });
}

net::Task<void> Worker::finish(net::Deadline deadline) {
    net::TaskGroup stops(loop_);
    for (auto& hub : hubs_) hub->channels.drain();
    for (auto& hub : hubs_) stops.spawn("stop", hub->links.stop(deadline));
    co_await stops.join();
    for (auto& hub : hubs_) co_await hub->channels.stop();
    co_await backends_.stop();
    work_.reset();
    loop_.io.stop();
}

}  // namespace sallyport::agent
