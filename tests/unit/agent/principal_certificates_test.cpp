#include "agent/principal_certificates.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using Form = mappings::CertificateDelivery;
using Without = PrincipalCertificates::WithoutUser;

class PrincipalCertificatesTest : public ::testing::Test {
protected:
    PrincipalCertificates::Settings settings() const {
        return {.authority = authority_, .system = nullptr, .agent = "berlin-1", .validity = 10min};
    }
    static certs::DistinguishedName subject(std::string_view name) {
        certs::DistinguishedName made;
        EXPECT_TRUE(made.add(certs::NameAttribute::common_name, name));
        return made;
    }
    LoginPtr login(std::string_view user, Form form = Form::tls, std::chrono::seconds after = 0s) {
        const auto made = users_.login(user, subject(user), form, now_ + after);
        EXPECT_TRUE(made);
        return made ? *made : nullptr;
    }
    LoginPtr nobody(Form form, Without who) {
        const auto made = users_.login_without_user(form, who, now_);
        EXPECT_TRUE(made);
        return made ? *made : nullptr;
    }
    static std::string shown(const LoginPtr& login) {
        return login->certificate->chain.front().subject();
    }

    test::TemporaryFolder folder_;
    certs::Time now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::shared_ptr<const certs::PrincipalAuthority> authority_ =
        std::make_shared<const certs::PrincipalAuthority>(
            certs::PrincipalAuthority::open(folder_.path() / "ca.pem", now_).value());
    PrincipalCertificates users_{settings()};
};

TEST_F(PrincipalCertificatesTest, AUserKeepsHisCertificateUntilAFifthOfItIsLeft) {
    const auto first = login("jane");
    EXPECT_EQ(shown(first), "CN=jane");
    EXPECT_TRUE(first->fields.empty());
    EXPECT_EQ(login("jane", Form::tls, 479s), first);
    EXPECT_EQ(users_.issued(), 1u);
    const auto second = login("jane", Form::tls, 480s);
    EXPECT_NE(second, first);
    EXPECT_EQ(second->certificate->chain.front().not_after(), now_ + 480s + 10min);
    EXPECT_EQ(users_.remembered(), 1u);
    EXPECT_NE(login("john"), login("jane"));
}

TEST_F(PrincipalCertificatesTest, TwoUsersWithTheSameSubjectShareNothing) {
    const auto one = users_.login("a", subject("x"), Form::tls, now_);
    const auto two = users_.login("b", subject("x"), Form::tls, now_);
    ASSERT_TRUE(one && two);
    EXPECT_NE(*one, *two);
    EXPECT_NE((*one)->certificate->chain.front(), (*two)->certificate->chain.front());
    // The same user under another name is somebody else for a back end.
    const auto renamed = users_.login("a", subject("y"), Form::tls, now_);
    ASSERT_TRUE(renamed);
    EXPECT_NE(*renamed, *one);
}

TEST_F(PrincipalCertificatesTest, AHeaderCarriesTheUserAndTlsTheSystem) {
    const auto sap = login("jane", Form::ssl_client_cert);
    EXPECT_EQ(shown(sap), "CN=berlin-1,OU=Sallyport system");
    ASSERT_EQ(sap->fields.size(), 1u);
    EXPECT_EQ(sap->fields[0].name, "ssl_client_cert");
    const std::string text(sap->fields[0].value.reveal());
    EXPECT_EQ(text.find_first_of("\r\n -"), std::string::npos);
    const auto der = from_base64(text);
    ASSERT_TRUE(der);
    EXPECT_EQ(certs::Certificate::from_der(as_text(*der))->subject(), "CN=jane");

    const auto rfc9440 = login("jane", Form::client_cert);
    ASSERT_EQ(rfc9440->fields.size(), 1u);
    EXPECT_EQ(rfc9440->fields[0].name, "client-cert");
    EXPECT_EQ(rfc9440->fields[0].value.reveal(), ":" + text + ":");
    EXPECT_EQ(users_.issued(), 1u);
    EXPECT_NE(sap, rfc9440);
    EXPECT_EQ(login("jane", Form::ssl_client_cert), sap);
}

TEST_F(PrincipalCertificatesTest, NobodyIsSaidAsBackEndsExpectIt) {
    EXPECT_EQ(nobody(Form::tls, Without::nobody), nullptr);
    EXPECT_EQ(shown(nobody(Form::tls, Without::system)), "CN=berlin-1,OU=Sallyport system");
    const auto empty = nobody(Form::ssl_client_cert, Without::nobody);
    ASSERT_EQ(empty->fields.size(), 1u);
    EXPECT_TRUE(empty->fields[0].value.empty());
    EXPECT_TRUE(empty->certificate);
    EXPECT_EQ(nobody(Form::ssl_client_cert, Without::nobody), empty);
    EXPECT_TRUE(nobody(Form::ssl_client_cert, Without::system)->fields.empty());
    EXPECT_TRUE(nobody(Form::client_cert, Without::nobody)->fields.empty());
}

TEST_F(PrincipalCertificatesTest, TheIssuedSystemCertificateIsRenewedAndWithItWhatShowsIt) {
    const auto before = login("jane", Form::ssl_client_cert);
    const auto day = certs::PrincipalAuthority::system_validity;
    const auto later = login("jane", Form::ssl_client_cert, day - day / 5);
    EXPECT_NE(before->certificate->chain.front(), later->certificate->chain.front());
    EXPECT_EQ(later->certificate->chain.front().not_after(), now_ + day - day / 5 + day);
}

TEST_F(PrincipalCertificatesTest, AnImportedSystemCertificateIsShownInstead) {
    const test::TestPki pki;
    const auto held = pki.agent();
    auto with_system = settings();
    with_system.system = std::make_shared<const certs::KeyAndChain>(
        certs::KeyAndChain{held.key, {held.certificate}});
    users_ = PrincipalCertificates(with_system);
    EXPECT_EQ(login("jane", Form::ssl_client_cert)->certificate->chain.front(), held.certificate);
    EXPECT_EQ(shown(login("jane")), "CN=jane");
}

TEST_F(PrincipalCertificatesTest, RemembersABoundedNumberOfUsers) {
    auto few = settings();
    few.remembered_users_max = 4;
    users_ = PrincipalCertificates(few);
    const auto jane = login("jane");
    for (std::size_t i = 0; i + 1 < few.remembered_users_max; ++i)
        ASSERT_TRUE(login("user" + std::to_string(i)));
    EXPECT_EQ(login("jane"), jane);  // used just now, so user0 goes first
    ASSERT_TRUE(login("one more"));
    EXPECT_EQ(users_.remembered(), few.remembered_users_max);
    const auto issued = users_.issued();
    EXPECT_EQ(login("jane"), jane);
    EXPECT_EQ(users_.issued(), issued);
    ASSERT_TRUE(login("user0"));
    EXPECT_EQ(users_.issued(), issued + 1);
}

TEST_F(PrincipalCertificatesTest, WithoutAnAuthorityThereIsNoCertificate) {
    users_ = PrincipalCertificates();
    EXPECT_EQ(users_.login("jane", subject("jane"), Form::tls, now_).error().code,
              Errc::unavailable);
    EXPECT_EQ(users_.login_without_user(Form::tls, Without::system, now_).error().code,
              Errc::unavailable);
    EXPECT_TRUE(users_.login_without_user(Form::tls, Without::nobody, now_));
}

}  // namespace
}  // namespace sallyport::agent
