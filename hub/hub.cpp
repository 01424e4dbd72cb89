#include "hub/hub.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "daemon/forward_config.hpp"
#include "daemon/last_offer.hpp"
#include "daemon/service_manager.hpp"
#include "hub/authority_change.hpp"
#include "hub/config_changes.hpp"
#include "hub/external_authority.hpp"
#include "hub/listening_sockets.hpp"
#include "hub/restoration.hpp"

#include <boost/asio/post.hpp>

#include <csignal>

namespace sallyport::hub {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::hours short_certificate_lifetime{24};

/// Where tokens say they come from; issuer and verifier must agree.
std::string issuer_of(const Config& config) { return config.url + "/oauth/token"; }

TimePoint now_seconds() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::vector<std::string> api_domains(const Config& config) {
    std::vector<std::string> domains{config.name};
    for (const auto& certificate : config.certificates)
        for (const auto& name : certificate.names)
            domains.push_back(name.starts_with("*.") ? name.substr(2) : name);
    return domains;
}

}  // namespace

Result<std::unique_ptr<Hub>> Hub::create(StartConfig start) {
    const auto& config = start.config;
    auto store = Store::open(config.state_folder / "hub.db");
    if (!store) return store.error();
    const auto entries = store->authorities();
    if (!entries) return entries.error();
    auto authorities = load_authorities(config.state_folder, *entries);
    if (!authorities) return authorities.error();
    auto state =
        load_state(config.state_folder, find_role(*entries, AuthorityRole::current)->number);
    if (!state) return state.error();
    auto renewed = renew_hub_certificate(*state, config.name, std::chrono::system_clock::now());
    if (!renewed) return renewed.error();
    std::unique_ptr<Hub> hub(
        new Hub(std::move(start), std::move(*state), std::move(*store), std::move(*authorities)));
    hub->used_authorities_ = *entries;
    auto witness = Witness::open(hub->config_->state_folder, hub->config_->name);
    if (!witness) return witness.error();
    hub->witness_ = std::move(*witness);
    auto passed = net::take_passed_sockets();
    if (auto opened = hub->open(std::move(passed)); !opened) return opened.error();
    return hub;
}

Hub::Hub(StartConfig start, HubState state, Store store, Authorities authorities)
    : config_(std::make_shared<const Config>(std::move(start.config))),
      last_good_(std::move(start.last_good)),
      state_(std::move(state)),
      store_(std::move(store)),
      unrecorded_acts_(config_->audit_folder()),
      authorities_(std::make_shared<Current<Authorities>>(
          std::make_shared<const Authorities>(std::move(authorities)))),
      sweep_(loop_),
      registry_(config_->workers),
      budget_(config_->memory_budget_bytes),
      forwarders_(loop_, sweep_, pool_,
                  {.log_folder = config_->audit_folder(),
                   .cursor_folder = daemon::forward_folder(config_->state_folder),
                   .program = "sallyport-hub"}),
      configured_witnesses_(loop_, pool_),
      takers_(std::make_shared<daemon::AuditTakers>(daemon::forward_folder(config_->state_folder))),
      queries_(loop_, pool_, config_->audit_folder()),
      level_(loop_, config_->log.level),
      tasks_(loop_),
      stopping_(loop_),
      watching_(loop_),
      signals_(loop_.io, SIGTERM, SIGINT, SIGHUP) {}

// Of an open() that failed, forwarders have begun: nothing of theirs runs any more.
Hub::~Hub() { loop_.io.stop(); }

Result<void> Hub::open(std::vector<net::PassedSocket> passed) {
    if (auto opened = open_audit(); !opened) return opened.error();
    auto accounts = refresh_accounts(store_, nullptr);
    if (!accounts) return accounts.error();
    accounts_ = *accounts;
    newest_accounts_ = accounts_;
    current_accounts_->set(accounts_);
    const auto lists = AgentRevocation::read(config_->crl_files);
    if (!lists) return lists.error();
    use(*lists);
    // Agents were attached a moment ago, before a restart: requests wait for them like for one of
    // theirs.
    registry_.expect_agents_until(net::Loop::now() + config_->hold);

    shared_.reset(
        new HubShared{config_, registry_, budget_, accounts_,
                      [this](http::Relocation client) {
                          const auto worker = client.worker % workers_.size();
                          workers_[worker]->adopt(std::move(client));
                      },
                      [this](StreamRelocation client) {
                          const auto worker = client.worker % workers_.size();
                          workers_[worker]->adopt(std::move(client));
                      },
                      keys_, pool_, authorities_->get()->trust(), revocation_,
                      [this](AgentKey agent, Sighting sighting) {
                          record([this, agent = std::move(agent), sighting = std::move(sighting)] {
                              return store_.confirm(agent, sighting);
                          });
                      },
                      [this](AgentKey agent, std::string reason, std::string peer) {
                          alarm(std::move(agent), std::move(reason), std::move(peer));
                      },
                      audit_.get(), witness_});
    keys_.audit = audit_.get();
    witness_->on_alarm([this](const AgentKey& agent, const LogAlarm& raised) {
        audit_->note(audit::AgentAlarm{.tenant = agent.tenant_id,
                                       .agent = agent.name,
                                       .code = raised.code,
                                       .reason = "its audit log: " + raised.text});
    });
    keys_.used = [this](std::string id) {
        record([this, id = std::move(id)] { return store_.access_key_used(id, now_seconds()); });
    };
    auto keys = certs::KeySet::from_json(certs::public_key_set(std::span(&state_.signing_key, 1)));
    if (!keys) return keys.error();
    const auto seal = certs::TokenSeal::of(state_.signing_key);
    if (!seal) return seal.error();
    TokenVerifier verifier(*keys, issuer_of(*config_));
    verifier.use(*seal);
    if (auto opened = open_workers(passed, verifier); !opened) return opened.error();

    api_ = std::make_unique<Api>(
        loop_, pool_, make_token_endpoint(*config_),
        EstServer(store_, authorities_,
                  {.hub_name = config_->name,
                   .certificate_lifetime = config_->agent_certificate_lifetime,
                   .expired_grace = config_->expired_grace,
                   .approval = config_->approval,
                   .restored = restoration_keeper(state_.database(), *witness_)},
                  revocation_, audit_.get()),
        accounts_);
    api_->on_change([this] { return refresh(); });

    api_clients_ = std::make_unique<ApiClients>(loop_, sweep_, *api_);

    auto shown =
        make_public_tls(*config_, state_, *authorities_->get(), current_accounts_, revocation_);
    if (!shown) return shown.error();
    named_certificates_ = std::move(shown->named);
    auto tls = take_or_open(passed, "tls", config_->tls);
    if (!tls) return tls.error();
    TlsPort::Peers peers;
    peers.link = [this](TlsPort::Connection connection, const certs::Certificate& certificate) {
        take_link(std::move(connection), certificate);
    };
    peers.http = [this](TlsPort::Connection connection) {
        api_clients_->take(std::move(connection));
    };
    tls_port_ = std::make_unique<TlsPort>(loop_, std::move(*tls), std::move(shown->context),
                                          std::move(peers));

    return open_admin();
}

TokenEndpoint Hub::make_token_endpoint(const Config& config) const {
    return {AccessTokenIssuer(state_.signing_key, issuer_of(config), config.token_lifetime),
            api_domains(config), audit_.get()};
}

void Hub::run() {
    if (auto started = tls_port_->start(); !started) {
        log::error("tls.failed", {{"error", to_text(started.error())}});
        return;
    }
    for (auto& worker : workers_) worker->start();
    start_witnesses();
    tasks_.spawn("accounts", watch_accounts());
    tasks_.spawn("certificates", watch_certificates());
    tasks_.spawn("witness", watch_witnesses());
    tasks_.spawn("log level", level_.run());
    tasks_.spawn("ready", watch_ready());
    wait_for_signal();
    if (config_->agent_certificate_lifetime < short_certificate_lifetime)
        log::warn("config.odd",
                  {{"what",
                    "agent_certificate_lifetime is below 24h: an agent that is off for "
                    "longer than that needs expired_grace, or a new join token"}});
    log::info("hub.started", {{"version", SALLYPORT_VERSION},
                              {"tls", tls_port_->local_address()},
                              {"proxy", proxy_address_},
                              {"socks5", socks5_address_},
                              {"saprouter", saprouter_address_}});
    if (last_good_) daemon::tell_last_good(*last_good_, *log_, config_->file, "sallyport-hub");
    keep_last_good();
    daemon::notify_ready(ready_text());
    start_watchdog();
    loop_.io.run();
    for (auto& worker : workers_) worker->join();
    log::info("hub.stopped");
}

/// After a start or reload with the file on disk.
void Hub::keep_last_good() {
    if (last_good_) return;
    const auto file = config_->state_folder / daemon::last_good_name;
    last_good_keeper_.keep(file, config_->digest, {{config_->file.string(), *config_->text}});
}

void Hub::wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code failure, int signal) {
        if (failure) return;
        if (signal == SIGHUP) {
            daemon::notify_reloading();
            (void)reload({.who = "signal"});
            daemon::notify_ready();
            return wait_for_signal();
        }
        daemon::notify_stopping();
        stopping_.spawn("stop", stop());
    });
}

Result<void> Hub::reload(const daemon::ChangedBy& by) {
    const auto refused = [](const Error& why) {
        log::error("config.refused", {{"error", to_text(why)}});
        return Error{why.code, "the configuration is not valid, the one before stays in force:\n" +
                                   why.detail};
    };
    auto config = Config::load(config_->file);
    if (!config) return refused(config.error());
    auto kept = keep_what_needs_a_restart(*config_, *config);
    auto shown =
        make_public_tls(*config, state_, *authorities_->get(), current_accounts_, revocation_);
    if (!shown) return refused(shown.error());
    const auto lists = AgentRevocation::read(config->crl_files);
    if (!lists) return refused(lists.error());
    auto access = std::shared_ptr<const daemon::AdminHttps::Access>();
    if (https_ && !config->admin.certificate_file.empty()) {
        auto loaded = daemon::AdminHttps::load(config->admin);
        if (!loaded) return refused(loaded.error());
        access = std::move(*loaded);
    }

    const auto changed = compare(*config_, *config, kept);
    config_ = std::make_shared<const Config>(std::move(*config));
    restart_needed_ = std::move(kept);
    last_good_.reset();
    keep_last_good();
    level_.configure(config_->log.level);
    use(*lists);
    tls_port_->use(std::move(shown->context));
    named_certificates_ = std::move(shown->named);
    if (https_) https_->use(std::move(access));
    tell_expiry();
    api_->use(std::make_shared<const TokenEndpoint>(make_token_endpoint(*config_)));
    for (auto& worker : workers_) worker->use(config_);
    log::info("config.reloaded", {{"configuration", config_->digest}, {"who", by.who}});
    auto recorded = log_->reconfigure(daemon::audit_policy(config_->audit, config_->digest),
                                      changed.made_by(by));
    if (!recorded) log::error("audit.failed", {{"error", to_text(recorded.error())}});
    takers_->use(config_->audit.forwarders, config_->audit.witnesses);
    forwarders_.use(config_->audit.forwarders);
    configured_witnesses_.use(*log_, config_->audit.witnesses);
    for (const auto& key : restart_needed_) log::warn("config.restart_needed", {{"key", key}});
    return {};
}

/// From the outside to the inside: who is stopped later may still be asked for by who is stopped
/// earlier, and nobody is handed anything after they have ended.
net::Task<void> Hub::stop() {
    log::info("hub.stopping");
    stopping_now_ = true;
    note_ready();
    watchdog_->let_go();
    std::function<bool(std::uint64_t)> press = [this](std::uint64_t size) {
        return configured_witnesses_.press(size);
    };
    co_await daemon::offer_before_stop(loop_, pool_, *log_, std::move(press));
    const auto deadline = net::deadline_in(config_->drain);
    for (auto& worker : workers_) worker->stop(deadline);
    tls_port_->stop();
    co_await tls_port_->join();
    co_await api_clients_->stop(deadline);
    co_await admin_->stop();
    if (https_) co_await https_->stop();
    tasks_.cancel();
    co_await tasks_.join();
    for (auto& worker : workers_) worker->join();
    co_await configured_witnesses_.stop();
    close_audit();
    co_await forwarders_.stop();  // they bring the last records as well
    watching_.cancel();
    co_await watching_.join();
    loop_.io.stop();
}

void Hub::take_link(TlsPort::Connection connection, const certs::Certificate& certificate) {
    const bool external = connection->external_peer().has_value();
    auto name = external ? bound_agent(*current_accounts_->get(), config_->name, certificate)
                         : certs::AgentName::of(certificate);
    if (!name || name->hub() != config_->name) {
        return refuse_link(connection, certificate, nullptr, "no_agent",
                           {Errc::denied, "the certificate names no agent of this hub"});
    }
    auto seat = registry_.take_seat(name->tenant(), name->agent());
    if (!seat) return refuse_link(connection, certificate, &*name, "too_many", seat.error());
    const auto worker = seat->worker();
    auto path = connection->peer_path();
    workers_[worker]->adopt(
        ArrivedLink{std::move(connection), *name,
                    external ? external_serial(certificate) : certificate.serial(),
                    std::move(*seat), std::move(path)});
}

}  // namespace sallyport::hub
