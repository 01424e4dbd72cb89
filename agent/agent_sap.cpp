// What monitors that were made for SAP's connector ask for (docs/MONITORING.md#sap).
#include "agent/agent.hpp"
#include "agent/hub_address.hpp"
#include "agent/sap_account.hpp"
#include "agent/sap_answer.hpp"
#include "agent/sap_certificates.hpp"
#include "agent/sap_machine.hpp"
#include "base/error.hpp"
#include "daemon/machine_memory.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

/// Of one process, not of a pair: it has the role that SAP calls master for as long as it serves.
http::SimpleResponse answer_exposed(std::string_view query, bool draining) {
    constexpr int conflict = 409;
    if (query == "action=ping") return sap_answer(json::object{});
    if (query != "action=hasMasterRole" && query != "action=ensureMasterRole")
        return daemon::admin_error(404, "not_found",
                                   "action=ping, hasMasterRole, ensureMasterRole");
    auto response = sap_answer(!draining);
    if (draining && query == "action=ensureMasterRole") response.status = conflict;
    return response;
}

sap::Memory memory_of(std::uint64_t total, std::uint64_t ours, std::uint64_t free) {
    return {.total = total, .ours = ours, .free = free};
}

}  // namespace

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
    look("/api/monitoring/certificates", &Agent::sap_certificates);
    for (const auto& [path, state] :
         {std::pair("/api/monitoring/certificates/ok", sap::CertificateState::ok),
          std::pair("/api/monitoring/certificates/expiring", sap::CertificateState::expiring),
          std::pair("/api/monitoring/certificates/expired", sap::CertificateState::expired)})
        routes_->add({.method = "GET", .path = path}, [this, state = state](const AdminCall&) {
            return sap_certificates_in(state);
        });
    look("/api/monitoring/memory", &Agent::sap_memory);
    look("/api/monitoring/disk", &Agent::sap_disk);
    look("/api/monitoring/cpu", &Agent::sap_cpu);
    look("/api/monitoring/alerts", &Agent::sap_alerts);
    routes_->add(
        {.method = "GET", .path = "/exposed", .needs = daemon::AdminRight::none},
        [this](const AdminCall& call) { return give(answer_exposed(call.query(), draining_)); });
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
    co_return sap_answer(
        sap::subaccounts(sap_accounts(), told, listed, std::chrono::system_clock::now()));
}

net::Task<http::SimpleResponse> Agent::sap_channels() {
    const auto told = co_await status();
    co_return sap_answer(sap::channel_connections(sap_accounts(), told));
}

net::Task<http::SimpleResponse> Agent::sap_certificates() {
    const auto listed = co_await certificates();
    co_return sap_answer(
        sap::certificates(sap_accounts(), listed, std::chrono::system_clock::now()));
}

net::Task<http::SimpleResponse> Agent::sap_certificates_in(sap::CertificateState state) {
    const auto listed = co_await certificates();
    co_return sap_answer(
        sap::certificates_in(state, sap_accounts(), listed, std::chrono::system_clock::now()));
}

/// "Heap" is what streams may hold together.
net::Task<http::SimpleResponse> Agent::sap_memory() {
    const auto machine = daemon::MachineMemory::read();
    if (!machine) co_return daemon::admin_error(503, "unavailable", to_text(machine.error()));
    const auto physical = memory_of(machine->total, machine->resident, machine->available);
    const auto with_swap =
        memory_of(machine->total + machine->swap_total, machine->resident + machine->swapped,
                  machine->available + machine->swap_free);
    const auto used = std::min(budget_.used(), budget_.bytes_max());
    co_return sap_answer(sap::memory(
        physical, with_swap, memory_of(budget_.bytes_max(), used, budget_.bytes_max() - used)));
}

net::Task<http::SimpleResponse> Agent::sap_disk() {
    const auto space = daemon::disk_space(site_->config.state_dir);
    if (!space) co_return daemon::admin_error(503, "unavailable", to_text(space.error()));
    co_return sap_answer(sap::disk(memory_of(space->total, log_->storage().bytes, space->free)));
}

net::Task<http::SimpleResponse> Agent::sap_cpu() {
    const auto load = cpu_.at(daemon::CpuTicks::read());
    co_return sap_answer(sap::cpu(load.total_percent, load.ours_percent));
}

net::Task<http::SimpleResponse> Agent::sap_alerts() { co_return sap_answer(sap::alerts()); }

}  // namespace sallyport::agent
