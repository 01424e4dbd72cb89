#include "agent/sap_certificates.hpp"

namespace sallyport::agent::sap {
namespace {

namespace json = boost::json;

/// SAP's alerting begins here unless somebody sets another threshold.
constexpr std::chrono::days expiring_within{30};

CertificateState state_of(const json::object& certificate, Moment now) {
    const Moment end{std::chrono::seconds(certificate.at("not_after").to_number<std::int64_t>())};
    if (end <= now) return CertificateState::expired;
    return end - now < expiring_within ? CertificateState::expiring : CertificateState::ok;
}

std::string_view type_of(std::string_view kind) {
    if (kind == "system") return "System";
    return kind == "admin" ? "UI" : "CA";
}

json::object to_sap(const json::object& certificate) {
    const auto ends = certificate.at("not_after").to_number<std::int64_t>() * 1'000;
    return {{"type", type_of(certificate.at("kind").as_string())},
            {"validTo", ends},
            {"subjectDN", certificate.at("subject")},
            {"issuerDN", certificate.at("issuer")},
            {"serialNumber", certificate.at("serial")}};
}

json::object to_sap(const json::object& certificate, const Account& account) {
    return {{"type", "subaccount"},
            {"validTo", certificate.at("not_after").to_number<std::int64_t>() * 1'000},
            {"subaccountName", account.subaccount},
            {"subaccountRegion", account.region_host}};
}

}  // namespace

json::array certificates_in(CertificateState state, std::span<const Account> accounts,
                            const json::object& listed, Moment now) {
    json::array all;
    for (const auto& each : listed.at("certificates").as_array()) {
        const auto& certificate = each.as_object();
        if (state_of(certificate, now) != state) continue;
        if (certificate.at("kind").as_string() != "tunnel")
            all.push_back(to_sap(certificate));
        else
            for (const auto& account : accounts) all.push_back(to_sap(certificate, account));
    }
    return all;
}

json::object certificates(std::span<const Account> accounts, const json::object& listed,
                          Moment now) {
    const auto in = [&](CertificateState state) {
        return certificates_in(state, accounts, listed, now);
    };
    return {{"expired", in(CertificateState::expired)},
            {"expiring", in(CertificateState::expiring)},
            {"ok", in(CertificateState::ok)},
            {"version", version}};
}

}  // namespace sallyport::agent::sap
