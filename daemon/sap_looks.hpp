#pragma once

#include "daemon/admin_routes.hpp"
#include "daemon/machine_cpu.hpp"
#include "daemon/sap_certificates.hpp"
#include "daemon/sap_machine.hpp"
#include "http/simple_service.hpp"
#include "net/task.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::daemon {

/// What agent and hub answer alike of what monitors that were made for SAP's connector ask for
/// (docs/MONITORING.md#sap): their certificates, the machine, alerts, and whether they serve.
class SapLooks {
public:
    /// What they know of the program they are in. Called on the control loop.
    struct Program {
        std::filesystem::path state_folder;
        std::function<net::Task<std::vector<sap::Certificate>>()> certificates;
        std::function<sap::Memory()> budget;  // what streams may hold together, and do
        std::function<std::uint64_t()> log_bytes;
        /// Whether it has the role that SAP calls master: a single process has it for as long as it
        /// serves.
        std::function<bool()> serves;
    };

    explicit SapLooks(Program program) : program_(std::move(program)) {}

    /// Outlives `routes`.
    void add_to(AdminRoutes& routes);

private:
    net::Task<http::SimpleResponse> certificates();
    net::Task<http::SimpleResponse> certificates_in(sap::CertificateState state);
    net::Task<http::SimpleResponse> memory();
    net::Task<http::SimpleResponse> disk();
    net::Task<http::SimpleResponse> cpu();
    net::Task<http::SimpleResponse> alerts();
    net::Task<http::SimpleResponse> exposed(std::string_view query);

    Program program_;
    CpuLoad load_{CpuTicks::read()};
};

}  // namespace sallyport::daemon
