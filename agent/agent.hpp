#pragma once

#include "agent/certificate_list.hpp"
#include "agent/health_checks.hpp"
#include "agent/hub_witness.hpp"
#include "agent/readiness.hpp"
#include "agent/ready_board.hpp"
#include "agent/rotation.hpp"
#include "agent/sap_back_ends.hpp"
#include "agent/site.hpp"
#include "agent/witness_pins.hpp"
#include "agent/worker.hpp"
#include "audit/log.hpp"
#include "certs/certificate.hpp"
#include "daemon/admin_https.hpp"
#include "daemon/admin_refusals.hpp"
#include "daemon/admin_routes.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/audit_query.hpp"
#include "daemon/audit_takers.hpp"
#include "daemon/changed_by.hpp"
#include "daemon/configured_witnesses.hpp"
#include "daemon/key_sets.hpp"
#include "daemon/log_level.hpp"
#include "daemon/sap_looks.hpp"
#include "daemon/unrecorded_acts.hpp"
#include "daemon/watchdog.hpp"
#include "forward/forwarders.hpp"
#include "net/blocking_pool.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace sallyport::agent {

/// The running agent: owns everything, in the order in which it is made. Its control loop is the
/// caller's thread; the workers have their own.
class Agent {
public:
    /// Opens the state, the audit log and the admin socket. Errors say what to do.
    static Result<std::unique_ptr<Agent>> create(SitePtr site);
    ~Agent();

    /// Serves until SIGTERM or SIGINT, then finishes what runs. SIGHUP reloads.
    void run();

private:
    explicit Agent(SitePtr site);
    Result<void> open();
    Result<void> load_identity();
    void record_identity();
    void record_keys();
    // Of those who countersign the audit log; agent_witness.cpp.
    void open_witnesses();
    void start_witnesses();
    bool press_witnesses(std::uint64_t size);
    void hear_witness(std::string_view hub, tunnel::ControlMessage message);
    void offer(const std::string& hub, tunnel::Checkpoint checkpoint, std::size_t worker);
    http::SimpleResponse trust_witness(std::string_view body);
    void use_takers();
    bool has_witness() const;
    boost::json::array witnesses_json() const;
    Result<std::shared_ptr<const net::TlsContext>> context() const;
    std::vector<std::string> authorities() const;
    Rotation::Wiring rotation_wiring();
    Result<void> reload(const daemon::ChangedBy& by);
    // Of what is exposed; agent_mappings.cpp.
    net::Task<http::SimpleResponse> change_overrides(std::string_view target, std::string_view body,
                                                     daemon::AdminCaller caller);
    Result<void> put_in_force(SitePtr site, const daemon::ChangedBy& by);
    boost::json::object mappings_json() const;
    http::SimpleResponse check_candidate(std::string_view body) const;
    http::SimpleResponse answer_explain(const daemon::AdminCall& call) const;
    void keep_last_good();
    // What it can be asked for; agent_admin.cpp.
    Result<void> open_admin();
    void add_looks();
    void add_acts();
    void add_audit_acts();
    void add_mapping_verbs();
    daemon::ActRecorder recorder();
    boost::json::object admin_status() const;
    net::Task<http::SimpleResponse> do_at_workers(void (Worker::*act)());
    net::Task<http::SimpleResponse> answer_reload(daemon::AdminCaller caller);
    http::SimpleResponse answer_renew(const daemon::AdminCall& call);
    http::SimpleResponse answer_reload_certificates(const daemon::AdminCall& call);
    net::Task<http::SimpleResponse> answer_repair();
    static net::Task<http::SimpleResponse> tell(net::Task<boost::json::object> facts);
    static net::Task<http::SimpleResponse> give(http::SimpleResponse answer);
    // For monitors of SAP's connector; agent_sap.cpp.
    void add_sap_looks();
    daemon::SapLooks::Program sap_program();
    net::Task<std::vector<daemon::sap::Certificate>> sap_certificates();
    std::vector<sap::Account> sap_accounts() const;
    net::Task<http::SimpleResponse> sap_subaccounts();
    net::Task<http::SimpleResponse> sap_channels();
    // Of back ends: agent_sap_back_ends.cpp.
    net::Task<http::SimpleResponse> sap_connections();
    net::Task<http::SimpleResponse> sap_performance();
    net::Task<http::SimpleResponse> sap_slowest();
    net::Task<http::SimpleResponse> sap_usage();
    std::vector<sap::BackEnd> sap_back_ends(const std::vector<Worker::Status>& told) const;
    net::Task<boost::json::object> status();
    net::Task<boost::json::object> top();
    net::Task<std::string> metrics();
    net::Task<http::SimpleResponse> answer_metrics();
    // Whether it lives, and can serve; agent_ready.cpp.
    std::vector<NotReady> readiness() const;
    std::vector<net::Executor> worker_loops() const;
    net::Task<void> watch_ready();
    void note_ready();
    net::Task<Worker::Status> ask(Worker& worker);
    net::Task<std::vector<Worker::Status>> ask_all();
    // Of all certificates:
    net::Task<boost::json::object> certificates();
    Result<void> reload_keys();
    void use_keys(PrincipalKeys keys);
    std::vector<ListedCertificate> lasting_certificates() const;
    std::vector<daemon::WatchedCertificate> watched_certificates() const;
    net::Task<void> watch_expiry();
    void wait_for_signal();
    net::Task<void> stop();
    void start_watchdog();  // agent_watch.cpp

    SitePtr site_;
    std::unique_ptr<audit::Log> log_;
    daemon::UnrecordedActs unrecorded_acts_;  // while that has failed
    std::uint64_t epoch_ = 0;
    std::string process_;
    mutable std::mutex identity_mutex_;
    std::shared_ptr<const net::TlsContext> context_;  // made of the active identity
    boost::json::object identity_;                    // of it, for status
    std::vector<std::string> authorities_;            // key hashes of those it trusts
    std::optional<certs::AgentName> name_;            // at the hub
    std::optional<certs::Certificate> certificate_;   // likewise; the control loop's only
    net::Loop loop_;
    net::IdleSweep sweep_;
    tunnel::MemoryBudget budget_;
    ReadyBoard board_;
    bool told_ready_ = false;  // as it stands on record
    std::unique_ptr<AgentShared> shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
    net::BlockingPool pool_;  // goes before the loops that its jobs answer to
    std::unique_ptr<HealthChecks> health_checks_;
    std::unique_ptr<Rotation> rotation_;
    WitnessPins pins_;
    std::vector<std::unique_ptr<HubWitness>> witnesses_;
    daemon::ConfiguredWitnesses configured_witnesses_;
    PrincipalKeys keys_;  // in force
    daemon::KeySets key_sets_;
    forward::Forwarders forwarders_;               // of the audit log
    std::shared_ptr<daemon::AuditTakers> takers_;  // likewise
    daemon::AuditQueries queries_;
    daemon::SapLooks sap_looks_{sap_program()};
    std::unique_ptr<daemon::AdminRefusals> refusals_;
    std::unique_ptr<daemon::AdminRoutes> routes_;
    std::unique_ptr<daemon::AdminServer> admin_;
    daemon::LogLevel level_;
    std::unique_ptr<daemon::AdminHttps> https_;  // none: admin_listen is empty
    net::Event expiry_changed_;
    net::TaskGroup rotating_;
    net::TaskGroup stopping_;
    std::unique_ptr<daemon::Watchdog> watchdog_;
    net::TaskGroup watching_;
    boost::asio::signal_set signals_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    bool draining_ = false;
    daemon::LastGoodKeeper last_good_;
    std::vector<std::string> restart_needed_{};  // keys of the files that are not in force yet
};

}  // namespace sallyport::agent
