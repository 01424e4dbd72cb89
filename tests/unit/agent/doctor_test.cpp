#include "agent/doctor.hpp"

#include "agent/kerberos.hpp"
#include "base/error.hpp"
#include "certs/principal_authority.hpp"
#include "tests/support/test_pki.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using daemon::FileRule;
using daemon::Verdict;
using testing::HasSubstr;

Config config_of(const std::string& text) {
    auto config =
        Config::parse({{"agent.toml", "[[hub]]\nname = \"prod\"\nurl = \"https://h\"\n" + text}});
    EXPECT_TRUE(config) << config.error().detail;
    return *config;
}

TEST(AgentDoctor, LooksAtEachFileThatTheConfigurationNames) {
    const auto files = checked_files(config_of(R"(proxy = "http://p"
proxy_credentials_file = "/f/proxy"
[enrolment]
est_url = "https://est.corp"
ca_file = "/f/est-ca"
credentials_file = "/f/est"
[trust]
ca_file = "/f/trust"
crl_files = ["/f/crl"]
[[identity_provider]]
issuer = "i"
jwks_file = "/f/jwks"
audiences = ["a"]
[kerberos]
keytab = "/f/keytab"
principal = "a@B"
[[ssh]]
key_file = "/f/ssh"
passphrase_file = "/f/phrase"
known_hosts_file = "/f/hosts"
[audit]
[[audit.forward]]
name = "siem"
url = "syslog+tls://siem.corp"
ca_file = "/f/siem-ca"
certificate_file = "/f/siem-cert"
key_file = "/f/siem-key"
[[mapping]]
virtual = "a.virtual:80"
internal = "http://a"
principal = { kind = "technical", credentials_file = "/f/technical" }
)"));
    const auto rule_of = [&](const char* path) {
        const auto found = std::ranges::find(files, path, &CheckedFile::path);
        return found == files.end() ? std::optional<FileRule>() : found->rule;
    };
    for (const auto* secret :
         {"/f/proxy", "/f/est", "/f/keytab", "/f/siem-key", "/f/technical", "/f/ssh", "/f/phrase"})
        EXPECT_EQ(rule_of(secret), FileRule::secret) << secret;
    for (const auto* open :
         {"/f/est-ca", "/f/trust", "/f/crl", "/f/jwks", "/f/hosts", "/f/siem-ca", "/f/siem-cert"})
        EXPECT_EQ(rule_of(open), FileRule::readable) << open;
    EXPECT_EQ(rule_of("/var/lib/sallyport"), FileRule::state_folder);
    EXPECT_EQ(rule_of("/var/lib/sallyport/identity/a/key.pem"), FileRule::state_secret);
}

TEST(AgentDoctor, CountsTheDescriptorsOfEverythingConfigured) {
    const auto config = config_of(R"([agent]
workers = 2
[[channel]]
name = "c"
listen = "127.0.0.1:1"
connections = 7
[[mapping]]
virtual = "a.virtual:80"
internal = "http://a"
limits = { connections = 100 }
)");
    EXPECT_EQ(descriptors_needed(config), 64U + 8 + 200 + 7);
}

TEST(AgentDoctor, JudgesTheIdentity) {
    const test::TestPki pki;
    const auto config = config_of("");
    const auto of = [&](const test::Held& held) {
        certs::Identity identity{
            .slot = certs::Slot::a,
            .key = held.key,
            .chain = {held.certificate},
            .anchors = pki.anchors(),
            .prepared_at = std::chrono::floor<std::chrono::seconds>(pki.now())};
        return identity;
    };
    const auto good = judge_identity(of(pki.agent()), config, pki.now());
    EXPECT_EQ(good.verdict, Verdict::good);
    EXPECT_THAT(good.seen, HasSubstr("pinned: CN=test hub CA"));
    EXPECT_THAT(judge_identity(of(pki.expired_agent()), config, pki.now()).seen,
                HasSubstr("has expired"));
    EXPECT_THAT(judge_identity(of(pki.future_agent()), config, pki.now()).remedy,
                HasSubstr("clock"));
    auto alone = of(pki.agent());
    alone.anchors.clear();
    EXPECT_EQ(judge_identity(alone, config, pki.now()).verdict, Verdict::failed);
}

TEST(AgentDoctor, SaysWhatAnAnswerOfAWebServerMeans) {
    auto mapping = config_of("[[mapping]]\nvirtual = \"a.virtual:80\"\ninternal = \"http://a\"\n")
                       .mappings.front();
    const auto judged = [&](int status, std::vector<std::string> schemes = {}) {
        return judge_web_answer({.status = status, .schemes = std::move(schemes)}, mapping);
    };
    EXPECT_EQ(judged(200).verdict, Verdict::good);
    EXPECT_EQ(judged(404).verdict, Verdict::good);
    EXPECT_EQ(judged(401, {"basic"}).verdict, Verdict::good);
    EXPECT_EQ(judged(503).verdict, Verdict::warning);
    EXPECT_EQ(judged(421).verdict, Verdict::warning);
    EXPECT_THAT(judged(400).remedy, HasSubstr("HTTPS port"));
    EXPECT_THAT(judged(401, {"ntlm"}).seen, HasSubstr("NTLM"));
    EXPECT_THAT(judged(401, {"negotiate"}).remedy, HasSubstr("kerberos"));
    mapping.principal.kind = mappings::PrincipalKind::kerberos;
    EXPECT_EQ(judged(401, {"negotiate"}).verdict, Verdict::good);
}

TEST(AgentDoctor, ShowsNothingOfTheQueryOfARedirection) {
    const auto mapping =
        config_of("[[mapping]]\nvirtual = \"a.virtual:80\"\ninternal = \"http://a\"\n")
            .mappings.front();
    const auto seen = [&](const std::string& location) {
        return judge_web_answer({.status = 302, .location = location}, mapping).seen;
    };
    EXPECT_EQ(seen("https://idp.corp/login"), "status 302, leads to https://idp.corp/login");
    EXPECT_EQ(seen("https://idp.corp/login?SAMLRequest=secret#x"),
              "status 302, leads to https://idp.corp/login?...");
    EXPECT_EQ(seen("/a#token=secret"), "status 302, leads to /a?...");
}

TEST(AgentDoctor, AsksForNothingThatACallerCouldNot) {
    const auto now = mappings::Moment(std::chrono::hours(24 * 365 * 60));
    const auto path = [&](const std::string& rules) {
        const auto config =
            config_of("[[mapping]]\nvirtual = \"a.virtual:80\"\ninternal = \"http://a\"\n" + rules);
        const auto table = mappings::Table::create(config.mappings);
        return exposed_path(*table, table->mappings().front(), now).value_or("none");
    };
    const std::string post = "[[mapping.rule]]\npath = \"/post\"\nmethods = [\"POST\"]\n";
    const std::string off = "[[mapping.rule]]\npath = \"/off\"\nenabled = false\n";
    const std::string over =
        "[[mapping.rule]]\npath = \"/over\"\nexpires = \"2020-01-01T00:00:00Z\"\n";
    const std::string get = "[[mapping.rule]]\npath = \"/get\"\nmethods = [\"GET\"]\n";
    EXPECT_EQ(path(""), "none");
    EXPECT_EQ(path(post + off + over), "none");
    EXPECT_EQ(path(post + off + over + get), "/get");
    EXPECT_EQ(path("[[mapping.rule]]\npath = \"/\"\nmatch = \"subpaths\"\n" + get), "/");
}

TEST(AgentDoctor, SkipsMappingsThatLetNobodyThrough) {
    const auto now = mappings::Moment(std::chrono::hours(24 * 365 * 60));
    Site site;
    const auto seen = [&](const std::string& key) {
        const auto mapping = config_of(
                                 "[[mapping]]\nvirtual = \"a.virtual:80\"\n"
                                 "internal = \"http://a\"\n" +
                                 key)
                                 .mappings.front();
        const auto judged = judge_closed(site, mapping, now);
        if (!judged) return std::string("open");
        EXPECT_EQ(judged->verdict, Verdict::skipped);
        return judged->seen;
    };
    EXPECT_EQ(seen(""), "open");
    EXPECT_THAT(seen("enabled = false\n"), HasSubstr("disabled"));
    EXPECT_THAT(seen("maintenance = true\n"), HasSubstr("in maintenance"));
    EXPECT_THAT(seen("expires = \"2020-01-01T00:00:00Z\"\n"),
                HasSubstr("expired at 2020-01-01T00:00:00Z"));
    ASSERT_TRUE(site.overrides.change("a.virtual:80", {.maintenance = true, .who = "uid:7"}));
    EXPECT_THAT(seen("maintenance = true\n"), HasSubstr("overridden by uid:7 (maintenance on)"));
}

TEST(AgentDoctor, ACertificateThatIsMissingIsOurFaultOnlyIfWeHadIt) {
    Reachability about;
    about.steps.push_back({.step = ReachStep::tls, .text = "it demands a client certificate"});
    about.advice = "do";
    EXPECT_EQ(judge_certificate_lack(about).verdict, Verdict::failed);
    about.target.shows = ShownCertificate::system;
    EXPECT_EQ(judge_certificate_lack(about).verdict, Verdict::skipped);
    about.target.certificate = std::make_shared<const certs::KeyAndChain>(
        *certs::PrincipalAuthority::create(std::chrono::system_clock::now()));
    EXPECT_EQ(judge_certificate_lack(about).verdict, Verdict::failed);
}

TEST(AgentDoctor, SaysWhatToDoAboutAKdc) {
    const KerberosAccount account{.keytab = "/k", .principal = "a@CORP"};
    const auto remedy = [&](KerberosFault fault) {
        return judge_kerberos(Error{fault, "x"}, account).remedy;
    };
    EXPECT_THAT(remedy(KerberosFault::keytab), HasSubstr("/k"));
    EXPECT_THAT(remedy(KerberosFault::account), HasSubstr("unlock"));
    EXPECT_THAT(remedy(KerberosFault::unreachable), HasSubstr("KDC of CORP at port 88"));
    EXPECT_THAT(remedy(KerberosFault::clock), HasSubstr("5 minutes"));
    EXPECT_THAT(remedy(KerberosFault::failed), HasSubstr("log of the KDC"));
}

}  // namespace
}  // namespace sallyport::agent
