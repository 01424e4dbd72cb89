#include "agent/deliveries.hpp"

#include "agent/refusals.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "net/blocking_pool.hpp"
#include "net/tls_context.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view head = R"(
[[hub]]
url = "https://hub.test"
[principal]
subject = [ { when = { user_type = "Technical" }, pattern = "CN=${client_id},OU=Technical" },
            { pattern = "CN=${name},OU=${mail}" } ]
[[identity_provider]]
issuer = "https://login.test"
jwks_file = "/dev/null"
audiences = ["app"]
)";

class DeliveriesTest : public ::testing::Test {
protected:
    /// The site with one mapping, whose further keys are `more`.
    void configure(std::string_view more, std::string_view credentials = {},
                   std::string_view kerberos = {}) {
        const auto file = folder_.path() / "erp.toml";
        std::string text(more);
        if (!credentials.empty()) {
            ASSERT_TRUE(replace_file(file, credentials, 0600));
            text += "principal = { kind = \"technical\", credentials_file = \"" + file.string() +
                    "\" }\n";
        }
        auto config =
            Config::parse({{"agent.toml", std::string(head) + std::string(kerberos) +
                                              "[agent]\nstate_dir = \"" + folder_.path().string() +
                                              "\"\n[[mapping]]\nvirtual = \"erp.virtual:443\"\n"
                                              "internal = \"https://s4.corp\"\n" +
                                              text + "[[mapping.rule]]\npath = \"/\"\n"}});
        ASSERT_TRUE(config) << to_text(config.error());
        auto site = std::make_shared<Site>();
        site->config = std::move(*config);
        site->trust = net::TlsContext::back_end_client({}).value();
        const auto read = site->read_principals();
        ASSERT_TRUE(read) << to_text(read.error());
        site_ = site;
        const auto keys = PrincipalKeys::load(site_->config, now_);
        ASSERT_TRUE(keys) << to_text(keys.error());
        deliveries_.use(site_, *keys, "berlin-1");
    }
    const mappings::Mapping& mapping() const { return site_->config.mappings.front(); }
    Result<Deliveries::Delivery> choose(const certs::PrincipalPtr& who) {
        return deliveries_.choose(*site_, mapping(), who.get(), now_);
    }
    std::string seen(const certs::PrincipalPtr& who) {
        const auto chosen = choose(who);
        if (!chosen) return "! " + chosen.error().detail;
        std::string text = chosen->text + " |";
        const auto& login = chosen->login;
        if (login == nullptr) return text + (chosen->tokens ? " token" : " nothing");
        if (login->certificate) text += " " + login->certificate->chain.front().subject();
        for (const auto& field : login->fields)
            text += " " + field.name + (field.value.empty() ? " empty" : "");
        return text;
    }
    static certs::PrincipalPtr principal(std::string_view claims, certs::UserType type) {
        return certs::principal_of(type, boost::json::parse(claims).as_object()).value();
    }

    test::TemporaryFolder folder_;
    certs::Time now_ = std::chrono::system_clock::now();
    net::Loop loop_;
    net::BlockingPool pool_{1};
    Deliveries deliveries_{loop_, pool_};
    SitePtr site_;
    certs::PrincipalPtr nobody_;
    certs::PrincipalPtr jane_ =
        principal(R"({"iss":"https://login.test","sub":"1","user_name":"jane","mail":"j@x"})",
                  certs::UserType::business);
    certs::PrincipalPtr john_ =
        principal(R"({"iss":"https://login.test","sub":"2","user_name":"jane","mail":"j@x"})",
                  certs::UserType::business);
    certs::PrincipalPtr app_ =
        principal(R"({"iss":"https://login.test","sub":"app","client_id":"app"})",
                  certs::UserType::technical);
};

TEST_F(DeliveriesTest, WithoutAPrincipalInTheMappingNothingIsSaidOfAnybody) {
    configure("");
    EXPECT_EQ(seen(jane_), " | nothing");
    EXPECT_EQ(seen(nobody_), " | nothing");
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "principal-ca.pem"));
}

TEST_F(DeliveriesTest, InTlsTheConnectionIsTheUsersOwn) {
    configure("principal = { kind = \"x509\" }\n");
    EXPECT_EQ(seen(jane_), "x509:CN=jane,OU=j@x | CN=jane,OU=j@x");
    EXPECT_EQ(seen(app_), "x509:CN=app,OU=Technical | CN=app,OU=Technical");
    EXPECT_EQ(seen(nobody_), " | nothing");
    EXPECT_EQ(choose(jane_)->login, choose(jane_)->login);
    EXPECT_NE(choose(jane_)->login, choose(john_)->login);  // the same name, another person
    configure("principal = { kind = \"x509\" }\nsystem_certificate = true\n");
    EXPECT_EQ(seen(nobody_), "system | CN=berlin-1,OU=Sallyport system");
    EXPECT_EQ(seen(jane_), "x509:CN=jane,OU=j@x | CN=jane,OU=j@x");
}

TEST_F(DeliveriesTest, InAHeaderTheConnectionIsTheSystemsAndStillTheUsersOwn) {
    configure("principal = { kind = \"x509\", deliver = \"header:SSL_CLIENT_CERT\" }\n");
    EXPECT_EQ(seen(jane_), "x509:CN=jane,OU=j@x | CN=berlin-1,OU=Sallyport system ssl_client_cert");
    EXPECT_EQ(seen(nobody_), " | CN=berlin-1,OU=Sallyport system ssl_client_cert empty");
    EXPECT_NE(choose(jane_)->login, choose(john_)->login);
    configure(
        "principal = { kind = \"x509\", deliver = \"header:SSL_CLIENT_CERT\" }\n"
        "system_certificate = true\n");
    EXPECT_EQ(seen(nobody_), "system | CN=berlin-1,OU=Sallyport system");
    configure("principal = { kind = \"x509\", deliver = \"header:Client-Cert\" }\n");
    EXPECT_EQ(seen(jane_), "x509:CN=jane,OU=j@x | CN=berlin-1,OU=Sallyport system client-cert");
    EXPECT_EQ(seen(nobody_), " | CN=berlin-1,OU=Sallyport system");
}

TEST_F(DeliveriesTest, TheSystemCertificateLogsOnWithoutAnyUser) {
    configure("system_certificate = true\n");
    EXPECT_EQ(seen(nobody_), "system | CN=berlin-1,OU=Sallyport system");
    EXPECT_EQ(seen(jane_), "system | CN=berlin-1,OU=Sallyport system");
}

TEST_F(DeliveriesTest, ARequiredPrincipalThatIsMissingIsSaidClearly) {
    configure("principal = { kind = \"x509\", required = true }\n");
    EXPECT_THAT(seen(nobody_), HasSubstr("on behalf of a user"));
    EXPECT_EQ(seen(jane_).front(), 'x');
}

TEST_F(DeliveriesTest, AUserWhoseSubjectCannotBeMadeIsRefused) {
    configure("principal = { kind = \"x509\" }\n");
    const auto bare = principal(R"({"iss":"i","sub":"s"})", certs::UserType::business);
    EXPECT_THAT(seen(bare), HasSubstr("${mail} is missing"));
    const auto system =
        principal(R"({"iss":"i","sub":"s","mail":"Sallyport system"})", certs::UserType::business);
    EXPECT_THAT(seen(system), HasSubstr("the agent's own"));
}

/// "403 principal_no_subject": what the caller is told.
std::string told(const Result<Deliveries::Delivery>& chosen) {
    if (chosen) return "chosen";
    const auto fault = delivery_fault(chosen.error());
    if (!fault) return "of no kind: " + to_text(chosen.error());
    const auto refusal = refusal_of(*fault, "erp.virtual:443");
    EXPECT_EQ(says_no(chosen.error()), refusal.status != 500);
    EXPECT_EQ(login_failed(chosen.error(), "erp.virtual:443").code, refusal.code);
    const bool names_system = refusal.message.find("erp.virtual:443") != std::string::npos;
    EXPECT_EQ(names_system, refusal.status != 407) << refusal.message;
    return std::to_string(refusal.status) + " " + std::string(refusal.code);
}

TEST_F(DeliveriesTest, WhatIsTheCallersAffairAndWhatTheRulesIsToldApart) {
    const auto bare = principal(R"({"iss":"i","sub":"s"})", certs::UserType::business);
    const auto system =
        principal(R"({"iss":"i","sub":"s","mail":"Sallyport system"})", certs::UserType::business);
    configure("principal = { kind = \"x509\", required = true }\n");
    EXPECT_EQ(told(choose(nobody_)), "407 principal_required");
    EXPECT_EQ(told(choose(bare)), "403 principal_no_subject") << "no rule fits";
    EXPECT_EQ(told(choose(system)), "403 principal_no_subject") << "reserved";
    EXPECT_EQ(told(choose(jane_)), "chosen");
}

TEST_F(DeliveriesTest, WhatTheAgentLacksIsItsOwnFault) {
    configure("principal = { kind = \"x509\" }\nsystem_certificate = true\n");
    now_ += std::chrono::hours(24) * 365 * 11;  // the authority has ended
    EXPECT_EQ(told(choose(jane_)), "500 principal_unavailable");
    EXPECT_EQ(told(choose(nobody_)), "500 principal_unavailable");
    for (const auto* form : {"tls", "header:SSL_CLIENT_CERT", "header:Client-Cert"}) {
        now_ = std::chrono::system_clock::now();
        configure("principal = { kind = \"x509\", deliver = \"" + std::string(form) + "\" }\n");
        deliveries_.use(site_, {}, "berlin-1");  // without any key
        EXPECT_EQ(told(choose(jane_)), "500 principal_unavailable") << form;
    }
    EXPECT_EQ(told(choose(nobody_)), "500 principal_unavailable") << "in a header";

    configure("", "user = \"RFC\"\npassword = \"pw\"");
    std::const_pointer_cast<Site>(site_)->technical.clear();
    EXPECT_EQ(told(choose(jane_)), "500 principal_unavailable");
    EXPECT_EQ(told(choose(nobody_)), "500 principal_unavailable");
}

TEST_F(DeliveriesTest, ATechnicalUserIsTheSameForEverybody) {
    configure("", "user = \"RFC\"\npassword = \"pw\"");
    EXPECT_EQ(seen(jane_), "technical:RFC | authorization");
    EXPECT_EQ(seen(nobody_), "technical:RFC | authorization");
    configure("", "token_url = \"https://t/\"\nclient_id = \"c\"\nclient_secret = \"s\"");
    EXPECT_EQ(seen(nobody_), "technical:c | token");
}

TEST_F(DeliveriesTest, AReloadKeepsWhatDidNotChange) {
    configure("principal = { kind = \"x509\" }\n");
    const auto before = choose(jane_)->login;
    configure("principal = { kind = \"x509\" }\ndescription = \"other\"\n");
    EXPECT_EQ(choose(jane_)->login, before);
    std::filesystem::remove(folder_.path() / "principal-ca.pem");
    configure("principal = { kind = \"x509\" }\n");
    EXPECT_NE(choose(jane_)->login, before);
    constexpr std::string_view order =
        "token_url = \"https://t/\"\nclient_id = \"c\"\nclient_secret = \"s\"";
    configure("", order);
    const auto tokens = choose(nobody_)->tokens;
    configure("description = \"x\"\n", order);
    EXPECT_EQ(choose(nobody_)->tokens, tokens);
    configure("", std::string(order) + "\nscope = \"x\"");
    EXPECT_NE(choose(nobody_)->tokens, tokens);
}

TEST_F(DeliveriesTest, KerberosShowsNothingOfTheClientsAndAsksForTheUser) {
    configure("principal = { kind = \"kerberos\" }\n", {},
              "[kerberos]\nkeytab = \"/k\"\nprincipal = \"HTTP/agent@CORP.TEST\"\n"
              "[[kerberos.user]]\npattern = \"${name}\"\n");
    const auto users = KerberosUsers::create(site_->config.kerberos->user, "CORP.TEST");
    std::const_pointer_cast<Site>(site_)->kerberos_users = users.value();
    const auto delivery = choose(jane_);
    ASSERT_TRUE(delivery) << to_text(delivery.error());
    EXPECT_EQ(delivery->text, "kerberos:jane@CORP.TEST");
    ASSERT_TRUE(delivery->ticket);
    EXPECT_EQ(delivery->ticket->user, "jane@CORP.TEST");
    EXPECT_EQ(delivery->ticket->service, "HTTP/s4.corp@CORP.TEST");
    const auto nobody = choose(nobody_);
    ASSERT_TRUE(nobody && nobody->login != nullptr);
    EXPECT_FALSE(nobody->ticket);
    EXPECT_TRUE(nobody->login->drops_authorization);
    EXPECT_TRUE(nobody->login->fields.empty());
    EXPECT_EQ(nobody->text, "");

    const auto realmless =
        principal(R"({"iss":"i","sub":"s","user_name":"a@B"})", certs::UserType::business);
    EXPECT_EQ(told(choose(realmless)), "403 principal_no_subject");
    std::const_pointer_cast<Site>(site_)->config.kerberos.reset();
    EXPECT_EQ(told(choose(jane_)), "500 principal_unavailable");
}

TEST_F(DeliveriesTest, AReloadSeesAnotherChainOfTheSameKey) {
    const test::TestPki pki;
    const auto own = pki.agent();
    const auto keys_of = [&](const std::vector<certs::Certificate>& chain) {
        PrincipalKeys keys;
        keys.system =
            std::make_shared<const certs::KeyAndChain>(certs::KeyAndChain{own.key, chain});
        return keys;
    };
    const auto whole = keys_of({own.certificate, pki.ca()});
    EXPECT_TRUE(whole.is_same(keys_of({own.certificate, pki.ca()})));
    EXPECT_FALSE(whole.is_same(keys_of({own.certificate})));
    EXPECT_FALSE(whole.is_same({}));
    configure("system_certificate = true\n");
    deliveries_.use(site_, keys_of({own.certificate}), "berlin-1");
    const auto before = choose(nobody_)->login;
    deliveries_.use(site_, whole, "berlin-1");
    const auto after = choose(nobody_)->login;
    EXPECT_NE(after, before) << "so that connections are made anew";
    EXPECT_EQ(after->certificate->chain.size(), 2u);
}

TEST_F(DeliveriesTest, AReloadSeesAnotherIssuerOfTheSameAuthority) {
    const test::TestPki pki;
    auto content = pki.agent_content();
    content.common_name = "principals";
    content.authority = 0;
    content.usages.clear();
    content.uris.clear();
    const auto held = pki.issue(content);
    const auto keys_of = [&](const std::vector<certs::Certificate>& chain) {
        auto authority = certs::PrincipalAuthority::of({held.key, chain}, pki.now());
        EXPECT_TRUE(authority);
        PrincipalKeys keys;
        keys.authority = std::make_shared<const certs::PrincipalAuthority>(std::move(*authority));
        return keys;
    };
    const auto before = keys_of({held.certificate, pki.agent("one").certificate});
    EXPECT_TRUE(before.is_same(before));
    EXPECT_FALSE(before.is_same(keys_of({held.certificate, pki.agent("two").certificate})));
    EXPECT_FALSE(before.is_same(keys_of({held.certificate})));
}

}  // namespace
}  // namespace sallyport::agent
