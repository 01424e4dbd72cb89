#include "agent/agent.hpp"

#include "agent/certificate_record.hpp"
#include "agent/epoch_file.hpp"
#include "agent/host_record.hpp"
#include "base/bytes.hpp"
#include "base/dice.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "certs/identity.hpp"
#include "certs/secret_hash.hpp"
#include "daemon/audit_config.hpp"
#include "daemon/forward_config.hpp"
#include "daemon/last_offer.hpp"
#include "daemon/service_manager.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/post.hpp>

#include <csignal>

namespace sallyport::agent {
namespace {

namespace asio = boost::asio;

std::vector<std::string> names_of(const std::vector<HubConfig>& hubs) {
    std::vector<std::string> names;
    names.reserve(hubs.size());
    for (const auto& hub : hubs) names.push_back(hub.name);
    return names;
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::create(SitePtr site) {
    std::unique_ptr<Agent> agent(new Agent(std::move(site)));
    if (auto opened = agent->open(); !opened) return opened.error();
    return agent;
}

Agent::Agent(SitePtr site)
    : site_(std::move(site)),
      unrecorded_acts_(site_->config.audit_folder()),
      sweep_(loop_),
      budget_(site_->config.tunnel.memory_budget_bytes),
      board_(names_of(site_->config.hubs)),
      pins_(site_->config.witness_pins_file()),
      configured_witnesses_(loop_, pool_),
      key_sets_(
          loop_, sweep_, {},
          [this](const daemon::KeySource& source, net::Deadline deadline) {
              return daemon::fetch_key_set(loop_, pool_, source, deadline);
          },
          [this](daemon::KeySnapshotPtr keys) {
              for (auto& worker : workers_) worker->use_keys(keys);
          }),
      forwarders_(loop_, sweep_, pool_,
                  {.log_folder = site_->config.audit_folder(),
                   .cursor_folder = daemon::forward_folder(site_->config.state_dir),
                   .program = "sallyport"}),
      takers_(
          std::make_shared<daemon::AuditTakers>(daemon::forward_folder(site_->config.state_dir))),
      queries_(loop_, pool_, site_->config.audit_folder()),
      level_(loop_, site_->config.log.level),
      expiry_changed_(loop_.turn),
      rotating_(loop_),
      stopping_(loop_),
      watching_(loop_),
      signals_(loop_.io, SIGTERM, SIGINT, SIGHUP) {}

Agent::~Agent() {
    loop_.io.stop();  // of an open() that failed, forwarders have begun
    // With the pool, not with what is shared: that outlives the workers' loops.
    if (shared_) shared_->kerberos.lane->drop();
}

Result<void> Agent::open() {
    if (auto loaded = load_identity(); !loaded) return loaded.error();
    use_takers();
    auto settings = daemon::audit_settings(site_->config.audit, site_->config.audit_folder(),
                                           site_->config.digest, "sallyport");
    settings.takers = [takers = takers_] { return takers->ask(); };
    auto log = audit::Log::open(std::move(settings));
    if (!log) return Error{log.error().code, "audit log: " + log.error().detail};
    log_ = std::move(*log);
    unrecorded_acts_.take_over(*log_);
    record_identity();
    auto epoch = next_epoch(site_->config.epoch_file());
    if (!epoch) return epoch.error();
    epoch_ = *epoch;
    process_ = certs::random_secret().reveal();
    auto keys = PrincipalKeys::load(site_->config, std::chrono::system_clock::now());
    if (!keys) return keys.error();
    keys_ = *keys;
    record_keys();

    shared_.reset(new AgentShared{
        *log_,
        pool_,
        budget_,
        site_->config.workers,
        site_,
        std::move(*keys),
        agent_name_of(site_->config),
        epoch_,
        process_,
        [this] { return context(); },
        [this] { return authorities(); },
        [this](tunnel::Trust trust) {
            asio::post(loop_.executor(),
                       [this, trust = std::move(trust)] { rotation_->hear(trust); });
        },
        [this](std::string_view source) {
            asio::post(loop_.executor(),
                       [this, source = std::string(source)] { key_sets_.refresh(source); });
        },
        {std::make_shared<KerberosTickets>(), std::make_shared<net::BlockingLane>(pool_)},
        [this] {
            const std::lock_guard lock(identity_mutex_);
            return name_;
        },
        [this](std::string_view hub, tunnel::ControlMessage message) {
            hear_witness(hub, std::move(message));
        },
        std::make_shared<MappingStates>(record_host_changes(*log_)),
        &board_});
    shared_->states->use(site_->table.mappings(), net::Loop::now());
    health_checks_ = std::make_unique<HealthChecks>(loop_, sweep_, pool_, shared_->states);
    health_checks_->use(site_);
    if (auto pinned = pins_.load(); !pinned)  // no hub is offered anything, all else goes on
        log::error("witness.pins", {{"error", to_text(pinned.error())}});
    open_witnesses();
    rotation_ = std::make_unique<Rotation>(rotation_wiring());
    for (std::size_t i = 0; i < site_->config.workers; ++i)
        workers_.push_back(std::make_unique<Worker>(i, *shared_));
    for (const auto& channel : site_->config.channels) {
        auto socket = net::ListeningSocket::open(channel.listen);
        if (!socket)
            return Error{socket.error().code,
                         "channel " + channel.name + ": " + to_text(socket.error())};
        workers_.front()->listen(channel, std::move(*socket));
    }
    key_sets_.use(site_->identity_providers.sources());
    forwarders_.use(site_->config.audit.forwarders);
    return open_admin();
}

Result<void> Agent::load_identity() {
    auto store = certs::IdentityStore::open(site_->config.identity_folder());
    if (!store) return store.error();
    auto identity = store->load_active();
    if (!identity) {
        if (identity.error().code != Errc::not_found) return identity.error();
        return Error{Errc::not_found,
                     "this agent is not enrolled yet: get a join token from the hub "
                     "(`sallyport-hub agent add NAME --tenant T`) and run `sallyport enroll "
                     "--token-file FILE`"};
    }
    net::HubClientOptions options;
    options.own = {identity->chain, &identity->key};
    options.anchors = identity->anchors;
    auto made = net::TlsContext::hub_client(options);
    if (!made) return made.error();
    const auto& leaf = identity->chain.front();
    const auto name = identity->name();
    const auto not_after = std::chrono::floor<std::chrono::seconds>(leaf.not_after());
    certificate_ = leaf;
    if (log_) record_identity();
    const std::lock_guard lock(identity_mutex_);
    context_ = std::move(*made);
    name_ = name ? std::optional(*name) : std::nullopt;
    identity_ = {{"name", name ? name->text() : ""},
                 {"serial", leaf.serial()},
                 {"not_after", not_after.time_since_epoch().count()}};
    authorities_.clear();
    for (const auto& anchor : identity->anchors)
        authorities_.push_back(to_hex(anchor.public_key_hash()));
    return {};
}

void Agent::record_identity() {
    const auto done =
        record_certificate(*log_, *certificate_, "tunnel", site_->config.recorded_file());
    if (!done)  // the record may be there twice then, never not at all
        log::warn("certificate.unrecorded",
                  {{"error", to_text(done.error())},
                   {"do", "make room or give the rights; it is recorded at the next reload"}});
}

Result<std::shared_ptr<const net::TlsContext>> Agent::context() const {
    const std::lock_guard lock(identity_mutex_);
    return context_;
}

std::vector<std::string> Agent::authorities() const {
    const std::lock_guard lock(identity_mutex_);
    return authorities_;
}

Rotation::Wiring Agent::rotation_wiring() {
    return {.loop = loop_,
            .pool = pool_,
            .budget = budget_,
            .identity_folder = site_->config.identity_folder(),
            .hubs = site_->config.hubs,
            .external = [this] { return site_->config.enrolment; },
            .hello = [this](const HubConfig& hub) { return say_hello(*shared_, *site_, hub); },
            .activated =
                [this] {
                    if (auto loaded = load_identity(); !loaded)
                        log::error("identity.failed", {{"error", to_text(loaded.error())}});
                    for (auto& worker : workers_) worker->replace_links();
                },
            .dice = throw_dice};
}

void Agent::run() {
    rotating_.spawn("rotation", rotation_->run());
    rotating_.spawn("expiry", watch_expiry());
    rotating_.spawn("log level", level_.run());
    rotating_.spawn("ready", watch_ready());
    start_witnesses();
    for (auto& worker : workers_) worker->start();
    wait_for_signal();
    for (const auto& warning : site_->config.warnings) log::warn("config.odd", {{"what", warning}});
    log::info("agent.started", {{"version", SALLYPORT_VERSION},
                                {"epoch", epoch_},
                                {"mappings", site_->table.mappings().size()},
                                {"configuration", site_->config.digest}});
    if (site_->last_good)
        daemon::tell_last_good(*site_->last_good, *log_, site_->config.file, "sallyport");
    keep_last_good();
    daemon::notify_ready("starts its links");
    start_watchdog();
    loop_.io.run();
    for (auto& worker : workers_) worker->join();
    log_->on_sealed({});
    log_->close();
    log::info("agent.stopped");
}

void Agent::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code failure, int signal) {
        if (failure) return;
        if (signal != SIGHUP) {
            daemon::notify_stopping();
            stopping_.spawn("stop", stop());
            return;
        }
        daemon::notify_reloading();
        (void)reload({.who = "signal"});
        daemon::notify_ready();
        wait_for_signal();
    });
}

/// After a start or reload with the files on disk.
void Agent::keep_last_good() {
    const auto& config = site_->config;
    if (!site_->last_good)
        last_good_.keep(config.state_dir / daemon::last_good_name, config.files_digest,
                        *config.documents);
}

net::Task<void> Agent::stop() {
    log::info("agent.stopping");
    draining_ = true;
    note_ready();
    watchdog_->let_go();
    // Over links that are up still. What is recorded from here on is offered at the next start.
    std::function<bool(std::uint64_t)> press = [this](std::uint64_t size) {
        return press_witnesses(size);
    };
    co_await daemon::offer_before_stop(loop_, pool_, *log_, std::move(press));
    const auto deadline = net::deadline_in(site_->config.tunnel.drain);
    rotating_.cancel();
    co_await rotating_.join();
    co_await configured_witnesses_.stop();
    co_await health_checks_->stop();
    for (auto& worker : workers_) worker->stop(deadline);
    co_await admin_->stop();
    if (https_) co_await https_->stop();
    co_await key_sets_.stop();
    for (auto& worker : workers_) worker->join();
    log_->close();
    co_await forwarders_.stop();  // they bring the last records as well
    watching_.cancel();
    co_await watching_.join();
    loop_.io.stop();
}

}  // namespace sallyport::agent
