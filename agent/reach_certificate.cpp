#include "agent/reach_certificate.hpp"

#include "agent/principal_keys.hpp"
#include "agent/reachability.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace sallyport::agent {

using SharedCertificate = std::shared_ptr<const certs::KeyAndChain>;

ShownCertificate shown_certificate(const mappings::Mapping& mapping) {
    const auto& principal = mapping.principal;
    const bool x509 = principal.kind == mappings::PrincipalKind::x509;
    const bool in_field = x509 && principal.deliver != mappings::CertificateDelivery::tls;
    if (mapping.system_certificate || in_field) return ShownCertificate::system;
    return x509 ? ShownCertificate::of_user : ShownCertificate::none;
}

Result<SharedCertificate> system_certificate(const Config& config, certs::Time now) {
    auto imported = certs::read_key_file(PrincipalKeys::system_file(config));
    if (imported) return std::make_shared<const certs::KeyAndChain>(std::move(*imported));
    if (imported.error().code != Errc::not_found) return imported.error();
    auto kept = certs::read_key_file(PrincipalKeys::authority_file(config));  // open() makes one
    if (!kept) return kept.error();
    const auto authority = certs::PrincipalAuthority::of(std::move(*kept), now);
    if (!authority) return authority.error();
    // Looking for its name would make the folder, as whoever looks.
    std::error_code failure;
    if (!std::filesystem::exists(config.identity_folder(), failure))
        return Error{Errc::not_found, "the agent is not enrolled yet"};
    auto issued = authority->issue_system(agent_name_of(config), now);
    if (!issued) return issued.error();
    return std::make_shared<const certs::KeyAndChain>(std::move(*issued));
}

bool demands_certificate(const Reachability& about, ReachStep step, const Error& error) {
    if (!about.certificate_asked || error.code == Errc::timed_out) return false;
    if (step == ReachStep::tls) return true;  // it asked, got what we have, and broke off
    return (step == ReachStep::answer || step == ReachStep::greeting) &&
           (error.code == Errc::untrusted || error.code == Errc::cut);
}

std::string certificate_advice(const ReachTarget& target) {
    if (target.shows == ShownCertificate::none)
        return "Give the mapping system_certificate = true or principal = { kind = \"x509\" }, or "
               "let the back end take connections without a client certificate.";
    if (!target.certificate)
        return "Look again as root or as the user of the service: the system certificate, which "
               "this mapping shows, cannot be read here.";
    return "Import the authority of the system certificate there (sallyport certs show system), "
           "and let that certificate log on; the log of the back end says what it misses.";
}

}  // namespace sallyport::agent
