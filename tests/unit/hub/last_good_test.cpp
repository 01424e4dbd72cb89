#include "hub/last_good.hpp"

#include "base/error.hpp"

#include <gmock/gmock.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string good_hub = R"([hub]
name = "h.example"
workers = 3
socks5 = "127.0.0.1:20004"
saprouter = "127.0.0.1:3299"
admin_group = "operators"
view_group = "viewers"
admin_listen = "127.0.0.1:8443"
admin_certificate_file = "/e/admin.pem"
admin_key_file = "/e/admin.key"
admin_token_file = "/e/token"
token_lifetime = "2h"
[enrolment]
expired_grace = "48h"
[agents]
crl_files = ["/e/a.crl"]
[limits]
requests_per_client = 7
[[certificate]]
names = ["a.example"]
chain_file = "/e/a.pem"
key_file = "/e/a.key"
[[certificate]]
names = ["b.example"]
chain_file = "/e/b.pem"
key_file = "/e/b.key"
)";

Result<Narrowed> left_of(const std::string& present, const std::string& was = good_hub) {
    auto config = Config::parse(was, "/e/hub.toml");
    EXPECT_TRUE(config) << config.error().detail;
    return narrowed(std::move(*config), was, present);
}

std::string with(const std::string& what, const std::string& by) {
    auto text = good_hub;
    EXPECT_NE(text.find(what), std::string::npos) << what;
    return text.replace(text.find(what), what.size(), by);
}

TEST(HubLastGood, WhatTheBrokenFileLeftAloneStays) {
    for (const auto& present :
         {with("workers = 3", "workers = many"), with("workers = 3", "workers 3"),
          with("workers = 3", "workers = 3 # a comment\nlog_level = \"loud"),
          with("requests_per_client = 7", "requests_per_clients = 7"), with("[limits]", "[limits"),
          with("[limits]", "[audit]\non_failure = \"\n[limits]"), "# comment\n\n" + good_hub}) {
        const auto rest = left_of(present);
        ASSERT_TRUE(rest) << present << rest.error().detail;
        EXPECT_THAT(rest->closed, IsEmpty()) << present;
        EXPECT_EQ(rest->config.admin.listen, "127.0.0.1:8443");
        EXPECT_EQ(rest->config.token_lifetime, 2h);
        EXPECT_EQ(rest->config.certificates.size(), 2U);
        EXPECT_EQ(rest->config.workers, 3U);
        EXPECT_EQ(rest->config.client_limits.requests_max, 7U);
    }
}

TEST(HubLastGood, WhatItDoesNotSayInTheSameWordsIsClosedOrShortest) {
    struct Case {
        std::string what, by, closed;
    };
    const Case cases[] = {
        {"admin_listen = \"127.0.0.1:8443\"", "# admin_listen = \"127.0.0.1:8443\"",
         "admin_listen: closed"},
        {"\"/e/token\"", "\"/e/other\"", "admin_listen: closed"},
        {"admin_token_file = \"/e/token\"\n", "admin_client_ca_file = \"/e/ca.pem\"\n",
         "admin_listen: closed"},
        {"\"operators\"", "\"\"", "admin_group: nobody but root"},
        {"view_group = \"viewers\"", "view_group: viewers", "view_group: nobody"},
        {"socks5 = \"127.0.0.1:20004\"", "socks5 = \"\"", "socks5: closed"},
        {"saprouter = \"127.0.0.1:3299\"", "saprouter = \"127.0.0.1:3299", "saprouter: closed"},
        {"\"2h\"", "\"1h\"", "token_lifetime: 10 minutes"},
        {"token_lifetime = \"2h\"", "token_lifetime = \"2h\"\ntoken_lifetime = \"2h\"",
         "token_lifetime: 10 minutes"},
        {"name = \"h.example\"", "name = \"h.example\"\nagent_certificate_lifetime = \"2h\"",
         "agent_certificate_lifetime: 24 hours"},
    };
    for (const auto& one : cases) {
        const auto rest = left_of(with(one.what, one.by));
        ASSERT_TRUE(rest) << one.by << rest.error().detail;
        EXPECT_THAT(rest->closed, ElementsAre(HasSubstr(one.closed))) << one.by;
    }
}

TEST(HubLastGood, WhatIsClosedIsNotInTheConfiguration) {
    const auto rest = left_of(with("\"/e/token\"", "\"/e/other\""));
    EXPECT_EQ(rest->config.admin.listen, "");
    EXPECT_TRUE(rest->config.admin.token_file.empty());
    EXPECT_EQ(rest->config.admin.admin_group, "operators");
    const auto enrolment = left_of(with("\"48h\"", "\"24h\""));
    EXPECT_THAT(enrolment->closed,
                ElementsAre(HasSubstr("expired_grace: none"), HasSubstr("approve: always")));
    EXPECT_EQ(enrolment->config.expired_grace, 0s);
    EXPECT_EQ(enrolment->config.approval, ApprovalPolicy::always);
}

TEST(HubLastGood, CertificatesAreShownThatStandThereInTheSameWords) {
    for (const auto& present :
         {with("\"/e/b.pem\"", "\"/e/b2.pem\""), with("\"/e/b.key\"\n", "\"/e/b.key\n"),
          with("key_file = \"/e/b.key\"\n", ""), with("[\"b.example\"]", "[\"b.example\""),
          with("chain_file = \"/e/b.pem\"", "chain_file = \"/e/b.pem\"\nodd")}) {
        const auto rest = left_of(present);
        ASSERT_TRUE(rest) << present;
        EXPECT_THAT(rest->closed, ElementsAre(HasSubstr("b.example: not shown"))) << present;
        ASSERT_EQ(rest->config.certificates.size(), 1U);
        EXPECT_EQ(rest->config.certificates[0].names[0], "a.example");
    }
}

TEST(HubLastGood, ALineThatNobodyUnderstandsCouldMeanAnyOfThem) {
    for (const auto& present :
         {with("workers = 3", "admin_lisen = \"\""), with("workers = 3", "= 3")}) {
        const auto rest = left_of(present);
        ASSERT_TRUE(rest) << present << rest.error().detail;
        EXPECT_EQ(rest->closed.size(), 9U) << present;
        EXPECT_EQ(rest->config.admin.listen, "");
        EXPECT_EQ(rest->config.socks5, "");
        EXPECT_EQ(rest->config.token_lifetime, 10min);
        EXPECT_EQ(rest->config.certificates.size(), 2U);
    }
}

TEST(HubLastGood, IsNotUsedWhereNothingNarrowerIsKnown) {
    for (const auto& [what, by, key] :
         {std::tuple("\"/e/a.crl\"", "\"/e/a.crl\", \"/e/b.crl\"", "agents.crl_files"),
          std::tuple("[agents]", "[agent]", "agents.crl_files"),
          std::tuple("crl_files = ", "crl_file = ", "agents.crl_file"),
          std::tuple("[agents]", "[agents]\nodd line", "agents.odd"),
          std::tuple("[hub]", "[hub]\ntls = \"10.0.0.1:443\"", "hub.tls"),
          std::tuple("[hub]", "[hub]\nproxy = \"", "hub.proxy"),
          // Whatever could hide one of these.
          std::tuple("[hub]", "oops\n[hub]", "oops"),
          std::tuple("[hub]", "agents = { crl_files = [\"/e/b.crl\"] }\n[hub]", "agents"),
          std::tuple("[limits]", "[agnets]\ncrl_files = [\"/e/b.crl\"]\n[limits]", "agnets."),
          std::tuple("[limits]", "[enrolments]\napprove = \"always\"\n[limits]", "enrolments."),
          std::tuple("[limits]", "[audit]\noff_reason = \"\"\"\n[limits]", "never closes")}) {
        const auto rest = left_of(with(what, by));
        ASSERT_FALSE(rest) << by;
        EXPECT_EQ(rest.error().code, Errc::denied);
        EXPECT_THAT(rest.error().detail, HasSubstr(key));
    }
    EXPECT_FALSE(left_of(""));
}

TEST(HubLastGood, ClearTextIsNotAllowedAnyMoreWhereThatIsWrittenOtherwise) {
    const std::string was =
        "[hub]\nname = \"h.example\"\nallow_plaintext = true\nsocks5 = \"0.0.0.0:20004\"\n";
    const std::string now = "[hub]\nname = \"h.example\"\nsocks5 = \"0.0.0.0:20004\"\nx = [\n";
    const auto rest = left_of(now, was);
    ASSERT_TRUE(rest) << rest.error().detail;
    EXPECT_FALSE(rest->config.allow_plaintext);
    EXPECT_EQ(rest->config.socks5, "");
    const std::string open = "[hub]\nname = \"h.example\"\nproxy = \"0.0.0.0:1\"\n";
    EXPECT_FALSE(left_of(open + "=", open + "allow_plaintext = true\n"));
}

TEST(HubLastGood, FindsTheStateOfABrokenFile) {
    EXPECT_EQ(state_folder_of("state = \"sqlite:///x/y/hub.db\"\nbroken"), "/x/y");
    for (const char* text : {"", "state = \"/x/hub.db\"", "state = \"sqlite:///x"})
        EXPECT_EQ(state_folder_of(text), "/var/lib/sallyport-hub") << text;
}

}  // namespace
}  // namespace sallyport::hub
