#pragma once

#include "daemon/admin_server.hpp"
#include "hub/accounts.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/api_clients.hpp"
#include "hub/api_service.hpp"
#include "hub/config.hpp"
#include "hub/current.hpp"
#include "hub/registry.hpp"
#include "hub/state.hpp"
#include "hub/store.hpp"
#include "hub/tls_port.hpp"
#include "hub/worker.hpp"
#include "net/blocking_pool.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/json/object.hpp>

#include <functional>
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
    static Result<std::unique_ptr<Hub>> create(Config config);
    ~Hub();

    /// Serves until SIGTERM or SIGINT, then finishes what runs. SIGHUP reloads.
    void run();

private:
    Hub(Config config, HubState state, Store store, Authorities authorities);
    Result<void> open(std::vector<net::PassedSocket> passed);
    Result<void> open_workers(std::vector<net::PassedSocket>& passed,
                              const TokenVerifier& verifier);
    TokenEndpoint make_token_endpoint(const Config& config) const;
    /// Puts a changed hub.toml in force; an invalid one changes nothing.
    Result<void> reload(std::string_view who);
    net::Task<void> watch_accounts();
    net::Task<void> refresh();
    void record(std::function<Result<void>()> change);
    net::Task<void> write(std::function<Result<void>()> change);
    void use(std::shared_ptr<const Accounts> accounts);
    net::Task<void> watch_certificates();
    void keep_certificates();
    void use(const AgentRevocation& lists);
    void tell_faults();
    Result<void> use(const std::vector<AuthorityEntry>& entries);
    Result<void> show(HubState state, const std::shared_ptr<const Authorities>& authorities);
    void take_link(TlsPort::Connection connection, const certs::Certificate& certificate);
    net::Task<http::SimpleResponse> administer(const http::SimpleRequest& request);
    boost::json::object status() const;
    std::string ready_text() const;
    void wait_for_signal();
    net::Task<void> stop();

    std::shared_ptr<const Config> config_;     // in force
    std::vector<std::string> restart_needed_;  // keys of the file that are not
    HubState state_;
    std::vector<AuthorityEntry> used_authorities_;
    Store store_;
    std::shared_ptr<Current<Authorities>> authorities_;
    std::shared_ptr<const Accounts> accounts_;
    std::mutex refresh_mutex_;
    std::shared_ptr<const Accounts> newest_accounts_;  // under the mutex
    std::shared_ptr<Current<Accounts>> current_accounts_ = std::make_shared<Current<Accounts>>();
    std::shared_ptr<Current<AgentRevocation>> revocation_ =
        std::make_shared<Current<AgentRevocation>>(std::make_shared<const AgentRevocation>());
    std::vector<std::string> told_faults_;
    net::Loop loop_;
    net::IdleSweep sweep_;
    Registry registry_;
    tunnel::MemoryBudget budget_;
    std::unique_ptr<HubShared> shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::unique_ptr<Api> api_;
    net::BlockingPool pool_;  // goes before what its jobs use: the API, the store, the loop
    std::unique_ptr<ApiClients> api_clients_;
    std::unique_ptr<TlsPort> tls_port_;
    std::unique_ptr<daemon::AdminServer> admin_;
    net::TaskGroup tasks_;
    net::TaskGroup stopping_;
    boost::asio::signal_set signals_;
    std::string proxy_address_;
    std::string socks5_address_;
    std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace sallyport::hub
