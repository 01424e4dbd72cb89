#pragma once

#include "agent/login.hpp"
#include "certs/principal_authority.hpp"
#include "mappings/mapping.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::agent {

/// The certificates of the users of one worker, and the logins made of them. A user's certificate
/// is used again until a fifth of its life is left; then the user gets another one, and a new
/// login, so that no connection outlives the certificate it was made with for long.
class PrincipalCertificates {
public:
    struct Settings {
        /// Null: no mapping needs a certificate; asking for one is refused.
        std::shared_ptr<const certs::PrincipalAuthority> authority;
        /// The agent's own certificate towards back ends; null: the authority issues one.
        std::shared_ptr<const certs::KeyAndChain> system;
        std::string agent = "sallyport";  // the name in it then
        std::chrono::seconds validity = std::chrono::minutes(10);
        /// Whose certificate is remembered; the one not used for longest is forgotten first.
        std::size_t remembered_users_max = 4096;
    };

    PrincipalCertificates() = default;
    explicit PrincipalCertificates(Settings settings) : settings_(std::move(settings)) {}

    /// `user` identifies the principal, whatever its subject: two users with the same subject still
    /// have two certificates and share no connection.
    /// Errors: those of PrincipalAuthority::issue; Errc::unavailable: the agent lacks a key.
    Result<LoginPtr> login(std::string_view user, const certs::DistinguishedName& subject,
                           mappings::CertificateDelivery form, certs::Time now);

    enum class WithoutUser {
        nobody,  // the back end must know that nobody is there
        system,  // the system certificate logs on
    };
    /// For a request on behalf of nobody. Null: nothing is shown.
    Result<LoginPtr> login_without_user(mappings::CertificateDelivery form, WithoutUser who,
                                        certs::Time now);

    std::uint64_t issued() const { return issued_; }
    /// The next one shown is a new one, if the authority issues it.
    void renew_system() { issued_system_.reset(); }
    /// The system certificate that the authority issued and that is shown, if there is one.
    std::optional<certs::Certificate> issued_system() const {
        if (issued_system_ == nullptr) return std::nullopt;
        return issued_system_->chain.front();
    }
    std::size_t remembered() const { return users_.size(); }

private:
    using SharedCertificate = std::shared_ptr<const certs::KeyAndChain>;
    struct Made {
        SharedCertificate system;  // as of which system certificate, for headers
        LoginPtr login;
    };
    struct User {
        std::string name;  // user and subject
        certs::KeyAndChain certificate;
        certs::Time renew_at;
        std::array<Made, 3> logins{};  // by form
    };
    using Users = std::list<User>;  // the last used first

    Result<User*> find(std::string_view user, const certs::DistinguishedName& subject,
                       certs::Time now);
    Result<SharedCertificate> system(certs::Time now);

    Settings settings_;
    Users users_;
    std::unordered_map<std::string_view, Users::iterator> by_name_;
    SharedCertificate issued_system_;
    certs::Time renew_system_at_;
    std::array<std::array<Made, 2>, 3> without_user_{};
    std::uint64_t issued_ = 0;
};

}  // namespace sallyport::agent
