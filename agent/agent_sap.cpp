// What monitors that were made for SAP's connector ask for (docs/MONITORING.md#sap).
#include "agent/agent.hpp"
#include "agent/hub_address.hpp"
#include "agent/sap_certificates.hpp"
#include "agent/sap_tunnels.hpp"
#include "daemon/sap_answer.hpp"

namespace sallyport::agent {

void Agent::add_sap_looks() {
    using daemon::AdminCall;
    const auto look = [this](std::string_view path, auto answer) {
        routes_->add({.method = "GET", .path = path},
                     [this, answer](const AdminCall&) { return (this->*answer)(); });
    };
    look("/api/monitoring/subaccounts", &Agent::sap_subaccounts);
    look("/api/monitoring/connections/serviceChannels", &Agent::sap_channels);
    look("/api/monitoring/connections/backends", &Agent::sap_connections);
    look("/api/monitoring/performance/backends", &Agent::sap_performance);
    look("/api/monitoring/performance/topTimeConsumers", &Agent::sap_slowest);
    look("/api/monitoring/usage", &Agent::sap_usage);
    sap_looks_.add_to(*routes_);
}

daemon::SapLooks::Program Agent::sap_program() {
    return {.state_folder = site_->config.state_dir,
            .certificates = [this] { return sap_certificates(); },
            .budget = [this] { return daemon::sap::budget(budget_.used(), budget_.bytes_max()); },
            .log_bytes = [this] { return log_->storage().bytes; },
            .serves = [this] { return !draining_; }};
}

std::vector<sap::Account> Agent::sap_accounts() const {
    std::vector<sap::Account> all;
    for (const auto& hub : site_->config.hubs) {
        const auto address = HubAddress::from_https_url(hub.url);
        all.push_back({.name = hub.name,
                       .region_host = address ? address->host : hub.url,
                       .subaccount = name_ ? name_->tenant() : "",
                       .location = hub.location});
    }
    return all;
}

net::Task<http::SimpleResponse> Agent::sap_subaccounts() {
    const auto told = co_await status();
    const auto listed = co_await certificates();
    co_return daemon::sap_answer(
        sap::subaccounts(sap_accounts(), told, listed, std::chrono::system_clock::now()));
}

net::Task<http::SimpleResponse> Agent::sap_channels() {
    const auto told = co_await status();
    co_return daemon::sap_answer(sap::channel_connections(sap_accounts(), told));
}

net::Task<std::vector<daemon::sap::Certificate>> Agent::sap_certificates() {
    const auto listed = co_await certificates();
    co_return sap::certificates_of(sap_accounts(), listed);
}

}  // namespace sallyport::agent
