// What monitors that were made for SAP's connector ask for (docs/MONITORING.md#sap).
#include "daemon/sap_answer.hpp"
#include "hub/hub.hpp"

namespace sallyport::hub {
namespace {

using daemon::sap::Certificate;

std::string_view sap_type_of(std::string_view kind) {
    if (kind == "admin") return Certificate::ui;
    return kind == "ca" ? Certificate::authority : Certificate::system;
}

}  // namespace

/// What the hub does not know is not there: back ends, their connections and how long they took,
/// and ports of service channels are the agents'.
void Hub::add_sap_looks() {
    routes_->add({.method = "GET", .path = "/api/monitoring/subaccounts"},
                 [this](const daemon::AdminCall&) {
                     return give(daemon::sap_answer(hub::sap_subaccounts(sap_tunnels())));
                 });
    sap_looks_.add_to(*routes_);
}

std::vector<SapTunnel> Hub::sap_tunnels() const {
    return hub::sap_tunnels(*accounts_, registry_.status(), config_->name,
                            {.wall = std::chrono::system_clock::now(), .steady = net::Loop::now()});
}

net::Task<std::vector<Certificate>> Hub::sap_certificates() {
    auto all = sap_certificates_of(sap_tunnels());
    for (const auto& one : watched_certificates())
        all.push_back({.ends = one.certificate.not_after(),
                       .type = sap_type_of(one.kind),
                       .subject = one.certificate.subject(),
                       .issuer = one.certificate.issuer(),
                       .serial = one.certificate.serial()});
    co_return all;
}

daemon::SapLooks::Program Hub::sap_program() {
    return {.state_folder = config_->state_folder,
            .certificates = [this] { return sap_certificates(); },
            .budget = [this] { return daemon::sap::budget(budget_.used(), budget_.bytes_max()); },
            .log_bytes = [this] { return log_->storage().bytes; },
            .serves = [this] { return !stopping_now_; }};
}

}  // namespace sallyport::hub
