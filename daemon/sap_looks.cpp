#include "daemon/sap_looks.hpp"

#include "base/error.hpp"
#include "daemon/admin_server.hpp"
#include "daemon/machine_memory.hpp"
#include "daemon/sap_answer.hpp"

#include <utility>

namespace sallyport::daemon {
namespace {

sap::Memory memory_of(std::uint64_t total, std::uint64_t ours, std::uint64_t free) {
    return {.total = total, .ours = ours, .free = free};
}

}  // namespace

void SapLooks::add_to(AdminRoutes& routes) {
    const auto look = [&](std::string_view path, auto answer) {
        routes.add({.method = "GET", .path = path},
                   [this, answer](const AdminCall&) { return (this->*answer)(); });
    };
    look("/api/monitoring/certificates", &SapLooks::certificates);
    for (const auto& [path, state] :
         {std::pair("/api/monitoring/certificates/ok", sap::CertificateState::ok),
          std::pair("/api/monitoring/certificates/expiring", sap::CertificateState::expiring),
          std::pair("/api/monitoring/certificates/expired", sap::CertificateState::expired)})
        routes.add({.method = "GET", .path = path},
                   [this, state = state](const AdminCall&) { return certificates_in(state); });
    look("/api/monitoring/memory", &SapLooks::memory);
    look("/api/monitoring/disk", &SapLooks::disk);
    look("/api/monitoring/cpu", &SapLooks::cpu);
    look("/api/monitoring/alerts", &SapLooks::alerts);
    routes.add({.method = "GET", .path = "/exposed", .needs = AdminRight::none},
               [this](const AdminCall& call) { return exposed(call.query()); });
}

net::Task<http::SimpleResponse> SapLooks::certificates() {
    const auto all = co_await program_.certificates();
    co_return sap_answer(sap::certificates(all, std::chrono::system_clock::now()));
}

net::Task<http::SimpleResponse> SapLooks::certificates_in(sap::CertificateState state) {
    const auto all = co_await program_.certificates();
    co_return sap_answer(sap::certificates_in(state, all, std::chrono::system_clock::now()));
}

/// "Heap" is what streams may hold together.
net::Task<http::SimpleResponse> SapLooks::memory() {
    const auto machine = MachineMemory::read();
    if (!machine) co_return admin_error(503, "unavailable", to_text(machine.error()));
    const auto physical = memory_of(machine->total, machine->resident, machine->available);
    const auto with_swap =
        memory_of(machine->total + machine->swap_total, machine->resident + machine->swapped,
                  machine->available + machine->swap_free);
    co_return sap_answer(sap::memory(physical, with_swap, program_.budget()));
}

net::Task<http::SimpleResponse> SapLooks::disk() {
    const auto space = disk_space(program_.state_folder);
    if (!space) co_return admin_error(503, "unavailable", to_text(space.error()));
    co_return sap_answer(sap::disk(memory_of(space->total, program_.log_bytes(), space->free)));
}

net::Task<http::SimpleResponse> SapLooks::cpu() {
    const auto load = load_.at(CpuTicks::read());
    co_return sap_answer(sap::cpu(load.total_percent, load.ours_percent));
}

net::Task<http::SimpleResponse> SapLooks::alerts() { co_return sap_answer(sap::alerts()); }

net::Task<http::SimpleResponse> SapLooks::exposed(std::string_view query) {
    constexpr int conflict = 409;
    if (query == "action=ping") co_return sap_answer(boost::json::object{});
    if (query != "action=hasMasterRole" && query != "action=ensureMasterRole")
        co_return admin_error(404, "not_found", "action=ping, hasMasterRole, ensureMasterRole");
    const bool serves = program_.serves();
    auto response = sap_answer(serves);
    if (!serves && query == "action=ensureMasterRole") response.status = conflict;
    co_return response;
}

}  // namespace sallyport::daemon
