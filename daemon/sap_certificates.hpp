// Certificates in the words of SAP's monitoring API: docs/MONITORING.md#sap. Pure.
#pragma once

#include "daemon/sap_account.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::daemon::sap {

struct Certificate {
    Moment ends;
    std::string_view type{};  // one of those below
    std::string subject{};
    std::string issuer{};
    std::string serial{};
    std::optional<Account> account{};  // whose tunnel it makes; of these SAP tells only whose

    static constexpr std::string_view ui = "UI";
    static constexpr std::string_view system = "System";
    static constexpr std::string_view authority = "CA";
};

/// In which list SAP shows a certificate.
enum class CertificateState { ok, expiring, expired };

/// /api/monitoring/certificates
boost::json::object certificates(std::span<const Certificate> all, Moment now);
/// /api/monitoring/certificates/STATE
boost::json::array certificates_in(CertificateState state, std::span<const Certificate> all,
                                   Moment now);

}  // namespace sallyport::daemon::sap
