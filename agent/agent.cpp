#include "agent/agent.hpp"

#include "agent/certificate_record.hpp"
#include "agent/epoch_file.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "certs/identity.hpp"
#include "certs/secret_hash.hpp"
#include "daemon/service_manager.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/post.hpp>

#include <csignal>
#include <random>

namespace sallyport::agent {
namespace {

namespace asio = boost::asio;

audit::Settings audit_settings(const Config& config) {
    audit::Settings settings;
    settings.folder = config.audit_folder();
    settings.durability = config.audit.durability;
    settings.on_failure = config.audit.on_failure;
    settings.level = config.audit.level;
    settings.configuration = config.digest;
    return settings;
}

std::filesystem::path krb5_conf_of(const Config& config) {
    return config.kerberos ? config.kerberos->krb5_conf : std::filesystem::path();
}

/// Keys of the configuration that a reload cannot change while links are up.
bool needs_restart(const Config& before, const Config& after) {
    return before.hubs != after.hubs || before.workers != after.workers ||
           before.state_dir != after.state_dir || before.admin_socket != after.admin_socket ||
           !before.tunnel.same_links(after.tunnel) || krb5_conf_of(before) != krb5_conf_of(after);
}

}  // namespace

Result<std::unique_ptr<Agent>> Agent::create(SitePtr site) {
    std::unique_ptr<Agent> agent(new Agent(std::move(site)));
    if (auto opened = agent->open(); !opened) return opened.error();
    return agent;
}

Agent::Agent(SitePtr site)
    : site_(std::move(site)),
      sweep_(loop_),
      budget_(site_->config.tunnel.memory_budget_bytes),
      key_sets_(
          loop_, sweep_, {},
          [this](const daemon::KeySource& source, net::Deadline deadline) {
              return daemon::fetch_key_set(loop_, pool_, source, deadline);
          },
          [this](daemon::KeySnapshotPtr keys) {
              for (auto& worker : workers_) worker->use_keys(keys);
          }),
      expiry_changed_(loop_.turn),
      rotating_(loop_),
      stopping_(loop_),
      signals_(loop_.io, SIGTERM, SIGINT, SIGHUP) {}

Agent::~Agent() {
    // With the pool, not with what is shared: that outlives the workers' loops.
    if (shared_) shared_->kerberos.lane->drop();
}

Result<void> Agent::open() {
    if (auto loaded = load_identity(); !loaded) return loaded.error();
    auto log = audit::Log::open(audit_settings(site_->config));
    if (!log) return Error{log.error().code, "audit log: " + log.error().detail};
    log_ = std::move(*log);
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
        }});
    rotation_ = std::make_unique<Rotation>(rotation_wiring());
    for (std::size_t i = 0; i < site_->config.workers; ++i)
        workers_.push_back(std::make_unique<Worker>(i, *shared_));
    key_sets_.use(site_->identity_providers.sources());
    admin_ = std::make_unique<daemon::AdminServer>(
        loop_, sweep_, [this](const http::SimpleRequest& request) { return administer(request); });
    return admin_->listen(site_->config.admin_socket);
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
            .dice =
                [] {
                    thread_local std::mt19937_64 generator{std::random_device{}()};
                    return std::uniform_real_distribution<double>(0, 1)(generator);
                }};
}

void Agent::run() {
    rotating_.spawn("rotation", rotation_->run());
    rotating_.spawn("expiry", watch_expiry());
    for (auto& worker : workers_) worker->start();
    wait_for_signal();
    for (const auto& warning : site_->config.warnings) log::warn("config.odd", {{"what", warning}});
    log::info("agent.started", {{"version", SALLYPORT_VERSION},
                                {"epoch", epoch_},
                                {"mappings", site_->table.mappings().size()},
                                {"configuration", site_->config.digest}});
    daemon::notify_ready("running");
    loop_.io.run();
    for (auto& worker : workers_) worker->join();
    log_->close();
    log::info("agent.stopped");
}

void Agent::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code failure, int signal) {
        if (failure) return;
        if (signal != SIGHUP) {
            daemon::notify_stopping();
            stopping_.spawn("stop", stop(net::deadline_in(site_->config.tunnel.drain)));
            return;
        }
        daemon::notify_reloading();
        (void)reload("signal");
        daemon::notify_ready("running");
        wait_for_signal();
    });
}

net::Task<void> Agent::stop(net::Deadline deadline) {
    log::info("agent.stopping");
    draining_ = true;
    rotating_.cancel();
    co_await rotating_.join();
    for (auto& worker : workers_) worker->stop(deadline);
    co_await admin_->stop();
    co_await key_sets_.stop();
    for (auto& worker : workers_) worker->join();
    loop_.io.stop();
}

Result<void> Agent::reload(std::string_view who) {
    auto site = Site::load(site_->config.file);
    if (!site) {
        log::error("config.refused", {{"error", to_text(site.error())}});
        return Error{site.error().code,
                     "the configuration is not valid, the one before stays in force:\n" +
                         site.error().detail};
    }
    auto keys = PrincipalKeys::load((*site)->config, std::chrono::system_clock::now());
    if (!keys) {
        log::error("config.refused", {{"error", to_text(keys.error())}});
        return keys.error();
    }
    const bool restart = needs_restart(shared_->site->config, (*site)->config);
    site_ = std::move(*site);
    if (auto loaded = load_identity(); !loaded)
        log::error("identity.failed", {{"error", to_text(loaded.error())}});
    rotation_->identity_changed();
    const auto& audit = site_->config.audit;
    auto recorded = log_->reconfigure(
        {audit.durability, audit.on_failure, audit.level, site_->config.digest}, who);
    if (!recorded) log::error("audit.failed", {{"error", to_text(recorded.error())}});
    log::set_level(site_->config.log_level);
    key_sets_.use(site_->identity_providers.sources());
    use_keys(std::move(*keys));
    log::info("config.reloaded", {{"configuration", site_->config.digest}, {"who", who}});
    if (restart)
        log::warn(
            "config.restart_needed",
            {{"what", "[[hub]], [tunnel], workers, state_dir, admin_socket or krb5_conf changed"}});
    return {};
}

}  // namespace sallyport::agent
