#pragma once

#include "daemon/admin_https.hpp"
#include "daemon/admin_refusals.hpp"
#include "daemon/admin_routes.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/audit_query.hpp"
#include "daemon/audit_takers.hpp"
#include "daemon/certificate_expiry.hpp"
#include "daemon/changed_by.hpp"
#include "daemon/configured_witnesses.hpp"
#include "daemon/log_level.hpp"
#include "daemon/sap_looks.hpp"
#include "daemon/unrecorded_acts.hpp"
#include "daemon/watchdog.hpp"
#include "forward/forwarders.hpp"
#include "hub/accounts.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/api_clients.hpp"
#include "hub/api_service.hpp"
#include "hub/config_at_start.hpp"
#include "hub/current.hpp"
#include "hub/hub_audit.hpp"
#include "hub/outbox_drain.hpp"
#include "hub/public_tls.hpp"
#include "hub/readiness.hpp"
#include "hub/registry.hpp"
#include "hub/sap_tunnels.hpp"
#include "hub/state.hpp"
#include "hub/store.hpp"
#include "hub/tls_port.hpp"
#include "hub/witness.hpp"
#include "hub/worker.hpp"
#include "net/blocking_pool.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// The running hub: owns everything, in the order in which it is made. Its control loop is the
/// caller's thread; the workers have their own.
class Hub {
public:
    /// Opens the state and the sockets. Errors say what to do.
    static Result<std::unique_ptr<Hub>> create(StartConfig start);
    ~Hub();

    /// Serves until SIGTERM or SIGINT, then finishes what runs. SIGHUP reloads.
    void run();

private:
    Hub(StartConfig start, HubState state, Store store, Authorities authorities);
    Result<void> open(std::vector<net::PassedSocket> passed);
    Result<void> open_audit();
    void close_audit();
    void start_witnesses();
    net::Task<void> drain_outbox();
    void refuse_link(const TlsPort::Connection& connection, const certs::Certificate& certificate,
                     const certs::AgentName* name, std::string_view code, const Error& why);
    void alarm(AgentKey agent, std::string reason, std::string peer);
    Result<void> open_workers(std::vector<net::PassedSocket>& passed,
                              const TokenVerifier& verifier);
    /// Empty `address`: there is none. Returns where it listens.
    Result<std::string> open_streams(std::vector<net::PassedSocket>& passed, std::string_view name,
                                     const std::string& address,
                                     std::unique_ptr<StreamHandshake> (*handshake)());
    TokenEndpoint make_token_endpoint(const Config& config) const;
    /// Puts a changed hub.toml in force; an invalid one changes nothing.
    Result<void> reload(const daemon::ChangedBy& by);
    void keep_last_good();
    net::Task<void> watch_accounts();
    net::Task<void> refresh();
    void record(std::function<Result<void>()> change);
    net::Task<void> write(std::function<Result<void>()> change);
    void use(std::shared_ptr<const Accounts> accounts);
    net::Task<void> watch_certificates();
    void keep_certificates();
    std::vector<daemon::WatchedCertificate> watched_certificates() const;
    void tell_expiry();
    void use(const AgentRevocation& lists);
    void tell_faults();
    Result<void> use(const std::vector<AuthorityEntry>& entries);
    Result<void> show(HubState state, const std::shared_ptr<const Authorities>& authorities);
    void take_link(TlsPort::Connection connection, const certs::Certificate& certificate);
    net::Task<std::string> metrics();
    // What it can be asked for; hub_admin.cpp.
    Result<void> open_admin();
    void add_verbs();
    void add_audit_verbs();
    // For monitors of SAP's connector; hub_sap.cpp.
    void add_sap_looks();
    daemon::SapLooks::Program sap_program();
    std::vector<SapTunnel> sap_tunnels() const;
    net::Task<std::vector<daemon::sap::Certificate>> sap_certificates();
    daemon::ActRecorder recorder();
    boost::json::object admin_status() const;
    net::Task<http::SimpleResponse> answer_status();
    net::Task<http::SimpleResponse> answer_metrics();
    static net::Task<http::SimpleResponse> give(http::SimpleResponse answer);
    net::Task<http::SimpleResponse> answer_reload(daemon::AdminCaller caller);
    net::Task<http::SimpleResponse> answer_repair();
    std::vector<std::string> warnings() const;
    boost::json::object status() const;
    // Whether it lives, and can serve; hub_ready.cpp.
    std::vector<NotReady> readiness() const;
    std::vector<net::Executor> worker_loops() const;
    net::Task<void> watch_ready();
    void note_ready();
    void note_agents();
    net::Task<boost::json::object> witness_status();
    net::Task<void> watch_witnesses();
    std::string ready_text() const;
    void start_watchdog();
    void wait_for_signal();
    net::Task<void> stop();

    std::shared_ptr<const Config> config_;          // in force
    std::vector<std::string> restart_needed_;       // keys of the file that are not
    std::optional<daemon::LastGoodUse> last_good_;  // in force
    daemon::LastGoodKeeper last_good_keeper_;
    HubState state_;
    std::vector<AuthorityEntry> used_authorities_;
    Store store_;
    std::unique_ptr<audit::Log> log_;
    daemon::UnrecordedActs unrecorded_acts_;  // while that has failed
    std::unique_ptr<HubAudit> audit_;
    std::unique_ptr<OutboxDrain> outbox_;
    bool outbox_failed_ = false;
    std::shared_ptr<Current<Authorities>> authorities_;
    std::shared_ptr<const Accounts> accounts_;
    std::mutex refresh_mutex_;
    std::shared_ptr<const Accounts> newest_accounts_;  // under the mutex
    std::shared_ptr<Current<Accounts>> current_accounts_ = std::make_shared<Current<Accounts>>();
    std::shared_ptr<Current<AgentRevocation>> revocation_ =
        std::make_shared<Current<AgentRevocation>>(std::make_shared<const AgentRevocation>());
    std::vector<std::string> told_faults_;
    std::vector<PublicTls::Named> named_certificates_;  // in use
    daemon::ToldExpiry told_expiry_;
    net::Loop loop_;
    net::IdleSweep sweep_;
    Registry registry_;
    tunnel::MemoryBudget budget_;
    KeyWatch keys_;
    std::shared_ptr<Witness> witness_;  // of the agents' audit logs
    std::unique_ptr<HubShared> shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<Api> api_;
    net::BlockingPool pool_;  // goes before what its jobs use: the API, the store, the loop
    /// For what must come on record: strangers can keep the other one busy.
    static constexpr std::size_t evidence_threads = 2;
    net::BlockingPool evidence_pool_{evidence_threads};
    forward::Forwarders forwarders_;                    // of the audit log
    daemon::ConfiguredWitnesses configured_witnesses_;  // of it, too
    std::shared_ptr<daemon::AuditTakers> takers_;       // likewise
    std::unique_ptr<ApiClients> api_clients_;
    std::unique_ptr<TlsPort> tls_port_;
    daemon::AuditQueries queries_;
    daemon::SapLooks sap_looks_{sap_program()};
    std::unique_ptr<daemon::AdminRefusals> refusals_;
    std::unique_ptr<daemon::AdminRoutes> routes_;
    std::unique_ptr<daemon::AdminServer> admin_;
    daemon::LogLevel level_;
    std::unique_ptr<daemon::AdminHttps> https_;  // none: admin_listen is empty
    bool stopping_now_ = false;
    /// As of the last look, which is not long ago: strangers may ask whether the hub is ready.
    std::vector<Registry::Status> seen_agents_;
    bool told_ready_ = false;  // as it stands on record
    /// Of each agent at its location, likewise; bounded by the links that the registry takes.
    std::map<std::array<std::string, 3>, bool> told_agents_;
    net::TaskGroup tasks_;
    net::TaskGroup stopping_;
    std::unique_ptr<daemon::Watchdog> watchdog_;
    net::TaskGroup watching_;
    boost::asio::signal_set signals_;
    std::string proxy_address_;
    std::string socks5_address_;
    std::string saprouter_address_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace sallyport::hub
