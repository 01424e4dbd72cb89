#include "agent/principal_certificates.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace sallyport::agent {

using mappings::CertificateDelivery;

namespace {

/// The last part of a life, in which a certificate is not handed out any more.
constexpr int reserve_divisor = 5;

certs::Time renewal_of(const certs::Certificate& certificate, certs::Time now) {
    return certificate.not_after() - (certificate.not_after() - now) / reserve_divisor;
}

Login::Field header_of(const certs::Certificate& certificate, CertificateDelivery form) {
    auto text = to_base64(as_bytes(certificate.to_der()));
    if (form == CertificateDelivery::ssl_client_cert)
        return {"ssl_client_cert", Secret(std::move(text))};
    return {"client-cert", Secret(":" + text + ":")};  // RFC 9440 section 2.2
}

}  // namespace

Result<LoginPtr> PrincipalCertificates::login(std::string_view user,
                                              const certs::DistinguishedName& subject,
                                              CertificateDelivery form, certs::Time now) {
    auto found = find(user, subject, now);
    if (!found) return found.error();
    auto& made = (*found)->logins[static_cast<std::size_t>(form)];
    SharedCertificate shown;
    if (form != CertificateDelivery::tls) {
        auto own = system(now);
        if (!own) return own.error();
        shown = std::move(*own);
    }
    if (made.login != nullptr && made.system == shown) return made.login;
    auto login = std::make_shared<Login>();
    login->certificate = form == CertificateDelivery::tls ? (*found)->certificate : *shown;
    if (form != CertificateDelivery::tls)
        login->fields.push_back(header_of((*found)->certificate.chain.front(), form));
    made = {shown, login};
    return made.login;
}

Result<PrincipalCertificates::User*> PrincipalCertificates::find(
    std::string_view user, const certs::DistinguishedName& subject, certs::Time now) {
    auto name = std::string(user) + '\n' + subject.text();  // no subject has a line break
    const auto known = by_name_.find(name);
    if (known != by_name_.end() && now < known->second->renew_at) {
        users_.splice(users_.begin(), users_, known->second);
        return &users_.front();
    }
    if (settings_.authority == nullptr)
        return Error{Errc::unavailable, "the agent has no authority for users: restart it"};
    auto issued = settings_.authority->issue(subject, settings_.validity, now);
    if (!issued) return issued.error();
    ++issued_;
    if (known != by_name_.end()) {
        const auto old = known->second;
        by_name_.erase(known);  // before the text that it looks at
        users_.erase(old);
    }
    if (users_.size() >= settings_.remembered_users_max) {
        by_name_.erase(users_.back().name);
        users_.pop_back();
    }
    const auto renew_at = renewal_of(issued->chain.front(), now);
    users_.push_front({std::move(name), std::move(*issued), renew_at});
    by_name_.emplace(users_.front().name, users_.begin());
    return &users_.front();
}

Result<PrincipalCertificates::SharedCertificate> PrincipalCertificates::system(certs::Time now) {
    if (settings_.system != nullptr) return settings_.system;
    if (issued_system_ != nullptr && now < renew_system_at_) return issued_system_;
    if (settings_.authority == nullptr)
        return Error{Errc::unavailable, "the agent has no system certificate: restart it"};
    auto issued = settings_.authority->issue_system(settings_.agent, now);
    if (!issued) return Error{Errc::unavailable, "system certificate: " + issued.error().detail};
    renew_system_at_ = renewal_of(issued->chain.front(), now);
    issued_system_ = std::make_shared<const certs::KeyAndChain>(std::move(*issued));
    return issued_system_;
}

Result<LoginPtr> PrincipalCertificates::login_without_user(CertificateDelivery form,
                                                           WithoutUser who, certs::Time now) {
    if (form == CertificateDelivery::tls && who == WithoutUser::nobody) return LoginPtr();
    auto shown = system(now);
    if (!shown) return shown.error();
    auto& made = without_user_[static_cast<std::size_t>(form)][static_cast<std::size_t>(who)];
    if (made.login != nullptr && made.system == *shown) return made.login;
    auto login = std::make_shared<Login>();
    login->certificate = **shown;
    // SAP systems would take a request without the field for one of the system itself.
    if (form == CertificateDelivery::ssl_client_cert && who == WithoutUser::nobody)
        login->fields.push_back({"ssl_client_cert", Secret()});
    made = {*shown, login};
    return made.login;
}

}  // namespace sallyport::agent
