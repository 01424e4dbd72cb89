#include "agent/config_change.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::agent {
namespace {

const std::string some = R"(
[[hub]]
url = "https://h"
[[mapping]]
virtual = "erp:443"
internal = "http://s4:80"
[[mapping.rule]]
path = "/a"
)";

daemon::ConfigChange changes(const std::string& before, const std::string& after) {
    const auto old = Config::parse({{"f", before}});
    const auto now = Config::parse({{"f", after}});
    EXPECT_TRUE(old) << old.error().detail;
    EXPECT_TRUE(now) << now.error().detail;
    return old && now ? compare(*old, *now) : daemon::ConfigChange();
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    return text.replace(text.find(what), what.size(), with);
}

struct Case {
    std::string after;
    std::string categories;
    std::string changes;
};

TEST(ConfigChange, NamesTheCategoriesThatAdministratorsKnow) {
    const std::vector<Case> cases{
        {some, "", ""},
        {some + "# a comment", "", ""},
        {replaced(some, "\"https://h\"", "\"https://h2\""), "Account", "hub default changed"},
        {replaced(some, "\"https://h\"", "\"https://h\"\nproxy = \"http://p:1\""), "ProxySettings",
         "hub default: proxy changed"},
        {some + "[[hub]]\nname = \"b\"\nurl = \"https://b\"", "Account", "hub b added"},
        {some + "[[mapping]]\nvirtual = \"b:1\"\ninternal = \"tcp://b:1\"", "BackendMapping",
         "mapping b:1 added"},
        {replaced(some, "s4:80", "s4:81"), "BackendMapping", "mapping erp:443 changed"},
        {replaced(some, "\"http://s4:80\"",
                  "\"http://s4:80\"\nenabled = false\nmaintenance = true\nexpires = "
                  "\"2026-12-31T18:00:00Z\""),
         "BackendMapping",
         "mapping erp:443 disabled; mapping erp:443: maintenance on; mapping erp:443 expires at "
         "2026-12-31T18:00:00Z"},
        {replaced(some, "erp:443", "erp:444"), "BackendMapping",
         "mapping erp:443 removed; mapping erp:444 added"},
        {some + "methods = [\"GET\"]", "AllowedResource", "mapping erp:443: rule /a changed"},
        {some + "[[mapping.rule]]\npath = \"/b\"\nmatch = \"subpaths\"", "AllowedResource",
         "mapping erp:443: rule /b (and below) added"},
        {some + "[[channel]]\nname = \"c\"\nlisten = \"127.0.0.1:9\"\nhub = \"default\"",
         "ServiceChannelConfiguration", "channel c added"},
        {some + "[principal]\nstrip = [\"X-A\"]", "PrincipalPropagationConfiguration",
         "principal strip changed"},
        {some + "[[identity_provider]]\nissuer = \"https://i\"\njwks_file = \"/k\"\n"
                "audiences = [\"a\"]",
         "IdentityProviderTrust", "identity provider https://i added"},
        {some + "[trust]\nca_file = \"/ca.pem\"", "TrustedBackendCertificate",
         "trust ca_file changed"},
        {some + "[audit]\nlevel = \"security\"", "AuditLogLevel", "audit changed"},
        {some + "[[audit.witness]]\nname = \"corp\"\nurl = \"https://w\"\nkey = "
                "\"witness.corp.local/w1+490cc093+BFz3qMWOFKgOUqvuxe6iADyfywMBmnx6B7P3txynswxo\"",
         "AuditLogLevel", "audit.witness corp added"},
        {some + "[[audit.forward]]\nname = \"siem\"\nkind = \"journald\"", "AuditLogForwarding",
         "audit.forward siem added"},
        {some + "[agent]\nlog_level = \"debug\"\nworkers = 2",
         "CloudConnectorLoggers,Configuration", "log_level changed; workers changed"},
        {some + "[log]\nformat = \"json\"", "CloudConnectorLoggers", "log format changed"},
        {some + "[tunnel]\nping_interval = \"9s\"", "AdvancedConnectivity", "tunnel changed"},
    };
    for (const auto& one : cases) {
        const auto found = changes(some, one.after);
        EXPECT_EQ(found.categories_text(), one.categories) << one.after;
        EXPECT_EQ(found.changes_text(), one.changes) << one.after;
    }
}

TEST(ConfigChange, TellsWhoseTokensAreBelievedApart) {
    const auto provider = some +
                          "[[identity_provider]]\nissuer = \"https://i\"\n"
                          "jwks_file = \"/k\"\naudiences = [\"a\"]";
    const auto found = changes(provider, replaced(provider, "[\"a\"]", "[\"a\", \"b\"]"));
    EXPECT_EQ(found.categories_text(), "ApplicationTrust");
    EXPECT_EQ(found.changes_text(), "identity provider https://i: audiences changed");
}

TEST(ConfigChange, SeesThatRulesChangedTheirOrder) {
    const auto two = some + "[[mapping.rule]]\npath = \"/b\"";
    const auto found = changes(
        two, replaced(replaced(two, "/b", "/c"), "/a", "/b").replace(two.find("/b"), 2, "/a"));
    EXPECT_EQ(found.categories_text(), "AllowedResource");
    EXPECT_EQ(found.changes_text(), "mapping erp:443: order of the rules changed");
}

TEST(ConfigChange, CountsWhatWouldBeTooMuch) {
    auto many = some;
    for (int i = 1; i <= 200; ++i)
        many += "[[mapping]]\nvirtual = \"host" + std::to_string(i) +
                ":1\"\ninternal = \"tcp://b:1\"\n";
    const auto text = changes(some, many).changes_text();
    EXPECT_LT(text.size(), daemon::ConfigChange::changes_text_bytes_max + 20);
    EXPECT_NE(text.find("mapping host1:1 added; "), std::string::npos);
    EXPECT_TRUE(text.ends_with(" more")) << text;
}

}  // namespace
}  // namespace sallyport::agent
