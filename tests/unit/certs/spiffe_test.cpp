#include "certs/spiffe.hpp"

#include "base/error.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

TEST(AgentName, IsReadAndWrittenTheSame) {
    constexpr std::string_view text = "spiffe://hub.example.com/tenant/0a-1b.C_d/agent/berlin-1";
    const auto name = AgentName::parse(text);
    ASSERT_TRUE(name) << to_text(name.error());
    EXPECT_EQ(name->hub(), "hub.example.com");
    EXPECT_EQ(name->tenant(), "0a-1b.C_d");
    EXPECT_EQ(name->agent(), "berlin-1");
    EXPECT_EQ(name->text(), text);
}

TEST(AgentName, RefusesEveryOtherForm) {
    const std::string long_name(65, 'a');
    const std::string texts[] = {
        "",
        "spiffe://",
        "SPIFFE://hub/tenant/t/agent/a",
        "https://hub/tenant/t/agent/a",
        "spiffe://hub/tenant/t/agent/",
        "spiffe://hub/tenant//agent/a",
        "spiffe:///tenant/t/agent/a",
        "spiffe://hub/tenant/t/agent/a/",
        "spiffe://hub/tenant/t/agent/a/b",
        "spiffe://hub/tenant/t/x/agent/a",
        "spiffe://hub/x/tenant/t/agent/a",
        "spiffe://hub/agent/a/tenant/t",
        "spiffe://hub/tenant/t/agent/..",
        "spiffe://hub/tenant/./agent/a",
        "spiffe://hub/tenant/t/agent/a%2Fb",
        "spiffe://hub/tenant/t/agent/a?x",
        "spiffe://hub/tenant/t/agent/a#x",
        "spiffe://hub/tenant/t/agent/a b",
        "spiffe://hub/tenant/t/agent/\xc3\xa4",
        std::string("spiffe://hub/tenant/t/agent/a\0b", 31),
        "spiffe://Hub/tenant/t/agent/a",
        "spiffe://hub:443/tenant/t/agent/a",
        "spiffe://user@hub/tenant/t/agent/a",
        "spiffe://-hub/tenant/t/agent/a",
        "spiffe://hub..com/tenant/t/agent/a",
        "spiffe://hub./tenant/t/agent/a",
        " spiffe://hub/tenant/t/agent/a",
        "spiffe://hub/tenant/t/agent/" + long_name,
        "spiffe://hub/tenant/" + long_name + "/agent/a",
        "spiffe://" + std::string(64, 'a') + "/tenant/t/agent/a",
    };
    for (const auto& text : texts) EXPECT_FALSE(AgentName::parse(text)) << text;
}

TEST(AgentName, IsTakenFromTheOnlyUriOfACertificate) {
    const test::TestPki pki;
    EXPECT_EQ(AgentName::of(pki.agent("a1", "t1").certificate)->text(),
              "spiffe://hub.test/tenant/t1/agent/a1");
    EXPECT_FALSE(AgentName::of(pki.hub().certificate));
    const std::string one = "spiffe://hub.test/tenant/t/agent/a";
    EXPECT_TRUE(AgentName::of(pki.agent_with_uris({one}).certificate));
    EXPECT_FALSE(AgentName::of(pki.agent_with_uris({one, one}).certificate));
    EXPECT_FALSE(AgentName::of(pki.agent_with_uris({one, "https://x.test"}).certificate));
    EXPECT_FALSE(AgentName::of(pki.agent_with_uris({"https://x.test"}).certificate));
}

}  // namespace
}  // namespace sallyport::certs
