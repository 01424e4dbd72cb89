#include "agent/kerberos.hpp"

#include "agent/deliveries.hpp"
#include "agent/kerberos_fault.hpp"
#include "agent/kerberos_names.hpp"
#include "agent/spnego.hpp"
#include "base/error.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cerrno>
#include <gmock/gmock.h>
#include <krb5/krb5.h>

namespace sallyport::agent {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view realm = "CORP.TEST";

std::string name_of(std::string_view pattern, std::string_view claims) {
    const auto parsed = KerberosNamePattern::parse(pattern, realm);
    if (!parsed) return "? " + parsed.error().detail;
    const auto object = boost::json::parse(claims).as_object();
    const auto name = parsed->fill(certs::SubjectVariables(certs::UserType::business, object));
    return name ? *name : "! " + name.error().detail;
}

TEST(KerberosNames, AreMadeOfClaims) {
    const auto* claims = R"({"user_name":"jane","mail":"Jane.Doe@Corp.Example","n":7})";
    EXPECT_EQ(name_of("${name}", claims), "jane@CORP.TEST");
    EXPECT_EQ(name_of("${name}@OTHER.TEST", claims), "jane@OTHER.TEST");
    EXPECT_EQ(name_of("${mail@corp.example}", claims), "Jane.Doe@CORP.TEST");
    EXPECT_EQ(name_of("u${n}-${name}", claims), "u7-jane@CORP.TEST");
    EXPECT_EQ(name_of("${name}/web", claims), "jane/web@CORP.TEST");
    EXPECT_EQ(name_of("portal", claims), "portal@CORP.TEST");
}

TEST(KerberosNames, AClaimBringsNeitherRealmNorComponentNorAnythingElse) {
    for (const auto* value : {"boss@OTHER.TEST", "boss@CORP.TEST", "HTTP/web", "a\\\\b", "DC1$",
                              "a b", " a", "a\\n", "a\\u0000", "jan\\u00e9", "a@", "@"}) {
        const auto claims = R"({"user_name":")" + std::string(value) + R"("})";
        EXPECT_THAT(name_of("${name}", claims), ::testing::StartsWith("! ${name} ")) << value;
    }
    EXPECT_EQ(name_of("${name}", "{}"), "! ${name} is missing in the token");
    EXPECT_THAT(name_of("${g}", R"({"g":["a","b"]})"), HasSubstr("several values"));
    EXPECT_THAT(name_of("${name}", R"({"user_name":")" + std::string(257, 'a') + R"("})"),
                HasSubstr("too long"));
}

TEST(KerberosNames, OfAnAddressOnlyThePartBeforeTheConfiguredDomainCounts) {
    for (const auto* value : {"jane@evil.test", "jane", "jane@corp.example.evil.test",
                              "@corp.example", "a@b@corp.example", "a/b@corp.example"})
        EXPECT_EQ(name_of("${mail@corp.example}", R"({"mail":")" + std::string(value) + R"("})")[0],
                  '!')
            << value;
}

TEST(KerberosNames, PatternsThatAreNoneAreRefused) {
    for (const auto* pattern :
         {"", "@R", "${name", "name}", "a{b", "${name}@A{B", "${}", "${name}@", "${name}@${realm}",
          "${name}@A@B", "a b", "a\\b", "${a b}", "${name@}", "${name}@R/S", "\xc3\xa9"})
        EXPECT_EQ(name_of(pattern, "{}")[0], '?') << pattern;
    EXPECT_EQ(name_of(std::string(513, 'a'), "{}")[0], '?');
}

TEST(KerberosNames, TheFirstRuleThatFitsDecides) {
    using Kind = certs::SubjectCondition::Kind;
    const auto users = KerberosUsers::create(
        {{{{"mail", Kind::exists, {}}}, "${mail@corp.test}"}, {{}, "${name}"}}, realm);
    ASSERT_TRUE(users);
    const auto of = [&](std::string_view claims) {
        const auto match =
            users->apply(certs::UserType::business, boost::json::parse(claims).as_object());
        return match ? std::to_string(match->rule) + " " + match->name : match.error().detail;
    };
    EXPECT_EQ(of(R"({"sub":"x","mail":"jane@corp.test"})"), "1 jane@CORP.TEST");
    EXPECT_EQ(of(R"({"sub":"x"})"), "2 x@CORP.TEST");
    EXPECT_THAT(of(R"({"sub":"x","mail":"jane@evil.test"})"), HasSubstr("rule 1 of [kerberos]"));
    EXPECT_FALSE(KerberosUsers::create({{{}, "${"}}, realm));
}

TEST(KerberosNames, OfTheAgentHaveARealm) {
    for (const auto* name : {"HTTP/agent.corp@CORP", "svc-sallyport@CORP.EXAMPLE", "HOST$@CORP"})
        EXPECT_TRUE(is_kerberos_name(name)) << name;
    for (const auto* name : {"", "HTTP/agent", "@R", "a@", "a@b@c", "a b@R", "/a@R", "a/@R",
                             "a//b@R", "a@R/S", "a\\@R"})
        EXPECT_FALSE(is_kerberos_name(name)) << name;
    EXPECT_EQ(realm_of("a/b@R"), "R");
    EXPECT_EQ(realm_of("a/b"), "");
}

TEST(KerberosFaults, SayWhoHasToDoSomething) {
    using kerberos::fault_of;
    using kerberos::Step;
    EXPECT_EQ(fault_of(ENOENT, Step::log_on), KerberosFault::keytab);
    EXPECT_EQ(fault_of(KRB5KDC_ERR_PREAUTH_FAILED, Step::log_on), KerberosFault::keytab);
    EXPECT_EQ(fault_of(KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, Step::log_on), KerberosFault::account);
    EXPECT_EQ(fault_of(KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, Step::user), KerberosFault::user_unknown);
    EXPECT_EQ(fault_of(KRB5KDC_ERR_CLIENT_REVOKED, Step::user), KerberosFault::user_refused);
    EXPECT_EQ(fault_of(KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, Step::service),
              KerberosFault::service_unknown);
    EXPECT_EQ(fault_of(KRB5KDC_ERR_BADOPTION, Step::service), KerberosFault::not_delegated);
    for (const auto step : {Step::log_on, Step::user, Step::service}) {
        EXPECT_EQ(fault_of(KRB5_KDC_UNREACH, step), KerberosFault::unreachable);
        EXPECT_EQ(fault_of(KRB5KRB_AP_ERR_SKEW, step), KerberosFault::clock);
        EXPECT_EQ(fault_of(-1, step), KerberosFault::failed);
    }
}

TEST(KerberosFaults, OnlyWhatIsAboutTheUserRefusesHim) {
    for (int n = 1; n <= static_cast<int>(KerberosFault::failed); ++n) {
        const auto fault = static_cast<KerberosFault>(n);
        const auto refusal = refusal_of(fault, "erp.virtual:443");
        EXPECT_EQ(refusal.status, is_refusal(fault) ? 403 : 502) << n;
        EXPECT_TRUE(refusal.code.starts_with("kerberos_")) << n;
        EXPECT_FALSE(refusal.proxy_status_error.empty()) << n;
        EXPECT_EQ(kerberos_fault(Error{fault, {}}), fault);
    }
    EXPECT_TRUE(is_refusal(Error{KerberosFault::user_unknown, {}}));
    EXPECT_FALSE(is_refusal(Error{Errc::denied, {}}));
}

TEST(Kerberos, AMissingKeytabIsSaid) {
    const auto checked = check_keytab({"/nonexistent/agent.keytab", "HTTP/agent@CORP.TEST"});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, KerberosFault::keytab) << checked.error().detail;
}

TEST(Spnego, OffersKerberosAloneWithItsToken) {  // RFC 4178 section 4.2.1
    EXPECT_EQ(to_hex(spnego_init(as_bytes("abc"))),
              "602206062b0601050502a0183016a00d300b06092a864886f712010202a2050403616263");
    const auto large = spnego_init(as_bytes(std::string(1000, 'x')));
    EXPECT_EQ(to_hex(BytesView(large).first(4)), "6082040f");
    EXPECT_EQ(large.size(), 4u + 0x040fu);
}

}  // namespace
}  // namespace sallyport::agent
