// Certificates in the words of SAP's monitoring API: docs/MONITORING.md#sap. Pure.
#pragma once

#include "agent/sap_account.hpp"

namespace sallyport::agent::sap {

/// In which list SAP shows a certificate.
enum class CertificateState { ok, expiring, expired };

/// /api/monitoring/certificates. `listed` as GET /v1/certificates.
boost::json::object certificates(std::span<const Account> accounts,
                                 const boost::json::object& listed, Moment now);
/// /api/monitoring/certificates/STATE
boost::json::array certificates_in(CertificateState state, std::span<const Account> accounts,
                                   const boost::json::object& listed, Moment now);

}  // namespace sallyport::agent::sap
