#include "daemon/sap_certificates.hpp"

namespace sallyport::daemon::sap {
namespace {

namespace json = boost::json;

/// SAP's alerting begins here unless somebody sets another threshold.
constexpr std::chrono::days expiring_within{30};
/// Those of tunnels live for 30 days, unless somebody says otherwise, and renew themselves after
/// half of it: with a week left that has failed for a week.
constexpr std::chrono::days tunnel_expiring_within{7};

CertificateState state_of(const Certificate& certificate, Moment now) {
    if (certificate.ends <= now) return CertificateState::expired;
    const auto within = certificate.account ? tunnel_expiring_within : expiring_within;
    return certificate.ends - now < within ? CertificateState::expiring : CertificateState::ok;
}

json::object to_sap(const Certificate& certificate) {
    const auto ends = to_milliseconds(certificate.ends);
    if (const auto& account = certificate.account)
        return {{"type", "subaccount"},
                {"validTo", ends},
                {"subaccountName", account->subaccount},
                {"subaccountRegion", account->region_host}};
    return {{"type", certificate.type},
            {"validTo", ends},
            {"subjectDN", certificate.subject},
            {"issuerDN", certificate.issuer},
            {"serialNumber", certificate.serial}};
}

}  // namespace

json::array certificates_in(CertificateState state, std::span<const Certificate> all, Moment now) {
    json::array out;
    for (const auto& certificate : all)
        if (state_of(certificate, now) == state) out.push_back(to_sap(certificate));
    return out;
}

json::object certificates(std::span<const Certificate> all, Moment now) {
    const auto in = [&](CertificateState state) { return certificates_in(state, all, now); };
    return {{"expired", in(CertificateState::expired)},
            {"expiring", in(CertificateState::expiring)},
            {"ok", in(CertificateState::ok)},
            {"version", version}};
}

}  // namespace sallyport::daemon::sap
