// What a running program says before one of its certificates ends.
#pragma once

#include "certs/certificate.hpp"
#include "certs/expiry.hpp"
#include "daemon/metrics.hpp"

#include <boost/json/array.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace sallyport::daemon {

/// A certificate in use, and what decides whether somebody must hear of its end.
struct WatchedCertificate {
    std::string kind;    // "tunnel", "public"
    std::string name{};  // which one of its kind, e.g. a domain; empty where there is but one
    certs::Certificate certificate;
    certs::Life life;
    certs::RenewedBy renewed_by = certs::RenewedBy::hand;
    std::uint32_t failures = 0;  // of renewals in a row

    /// One that is renewed by hand.
    static WatchedCertificate of(std::string kind, certs::Certificate certificate,
                                 std::string name = {});
    certs::ExpiryLevel level(certs::Time now) const;
};

/// Of more certificates figures are not told: those that end first are.
inline constexpr std::size_t told_certificates_max = 200;

/// `sallyport_certificate_expiry_timestamp_seconds`. Of certificates with the same kind and name,
/// the one that ends first.
void add_certificate_expiry(Metrics& metrics, const std::vector<WatchedCertificate>& all);

/// As `status` tells them: [{"kind", "name", "subject", "serial", "not_after", "time_left",
/// "warning"}]; "name" only where there is one, at most `told_certificates_max` as above.
boost::json::array expiry_json(const std::vector<WatchedCertificate>& all, certs::Time now);
/// Of what expiry_json() made those that somebody must hear of, for people: a line each.
std::string describe_expiry(const boost::json::array& certificates);

/// Says in the log (`certificate.expiry`) that a certificate ends: once for each level, also if a
/// clock goes back and forth.
class ToldExpiry {
public:
    /// How many lines it has written.
    std::size_t look(const std::vector<WatchedCertificate>& all, certs::Time now);

private:
    using Which = std::tuple<std::string, std::string, certs::Fingerprint>;  // kind, name
    std::map<Which, certs::ExpiryLevel> told_;
};

}  // namespace sallyport::daemon
