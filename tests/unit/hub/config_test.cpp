#include "hub/config.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <gmock/gmock.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string minimal = "[hub]\nname = \"h.example\"\n";

/// The problems of a configuration that is right but for `text`.
std::string problems_of(const std::string& text) {
    const auto config = Config::parse(minimal + text, "f");
    return config ? "" : config.error().detail;
}

TEST(HubConfig, ReadsEveryKey) {
    const auto config = Config::parse(R"(
[hub]
name = "hub.example.com"
url = "https://hub.example.com:8443"
tls = "192.0.2.1:443"
proxy = "10.0.0.1:20003"
socks5 = ""
saprouter = ""
allow_plaintext = true
state = "sqlite:///s/hub.db"
admin_socket = "/a.sock"
workers = 4
log_level = "warn"
access_log = "all"
token_lifetime = "30m"
agent_certificate_lifetime = "10d"
[audit]
level = "security"
durability = "power"
on_failure = "degrade"
[[certificate]]
names = ["auth.example.com", "*.auth.example.com"]
chain_file = "/c.pem"
key_file = "/c.key"
[limits]
requests_per_client = 1
aborts_per_second = 2
aborts_burst = 3
[tunnel]
memory_budget_mib = 2
ping_interval = "1s"
ping_timeout = "2s"
hold_timeout = "3s"
drain_timeout = "4s"
)",
                                      "f");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->file, "f");
    EXPECT_EQ(config->name, "hub.example.com");
    EXPECT_EQ(config->url, "https://hub.example.com:8443");
    EXPECT_EQ(config->tls, "192.0.2.1:443");
    EXPECT_EQ(config->proxy, "10.0.0.1:20003");
    EXPECT_TRUE(config->allow_plaintext);
    EXPECT_EQ(config->state_folder, "/s");
    EXPECT_EQ(config->admin_socket, "/a.sock");
    EXPECT_EQ(config->workers, 4u);
    EXPECT_EQ(config->log.level, log::Level::warn);
    EXPECT_EQ(config->access_log, AccessLevel::all);
    EXPECT_EQ(config->audit.level, audit::Level::security);
    EXPECT_EQ(config->audit.durability, audit::Durability::power);
    EXPECT_EQ(config->audit.on_failure, audit::OnFailure::degrade);
    EXPECT_EQ(config->token_lifetime, 30min);
    EXPECT_EQ(config->agent_certificate_lifetime, 240h);
    ASSERT_EQ(config->certificates.size(), 1u);
    EXPECT_THAT(config->certificates[0].names,
                ElementsAre("auth.example.com", "*.auth.example.com"));
    EXPECT_EQ(config->certificates[0].chain_file, "/c.pem");
    EXPECT_EQ(config->certificates[0].key_file, "/c.key");
    EXPECT_EQ(config->client_limits.requests_max, 1u);
    EXPECT_EQ(config->client_limits.aborts_per_second, 2);
    EXPECT_EQ(config->client_limits.aborts_burst, 3);
    EXPECT_EQ(config->memory_budget_bytes, 2u * 1024 * 1024);
    EXPECT_EQ(config->keepalive.interval, 1s);
    EXPECT_EQ(config->keepalive.patience, 2s);
    EXPECT_EQ(config->hold, 3s);
    EXPECT_EQ(config->drain, 4s);
}

TEST(HubConfig, NeedsNothingButAName) {
    const auto config = Config::parse(minimal, "f");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->url, "https://h.example");
    EXPECT_EQ(config->tls, ":443");
    EXPECT_EQ(config->proxy, "127.0.0.1:20003");
    EXPECT_FALSE(config->allow_plaintext);
    EXPECT_EQ(config->state_folder, "/var/lib/sallyport-hub");
    EXPECT_EQ(config->admin_socket, "/run/sallyport-hub/admin.sock");
    EXPECT_EQ(config->workers, 2u);
    EXPECT_EQ(config->token_lifetime, 1h);
    EXPECT_EQ(config->agent_certificate_lifetime, 720h);
    EXPECT_EQ(config->client_limits.requests_max, 2'000u);
    EXPECT_EQ(config->client_limits.aborts_per_second, 50);
    EXPECT_EQ(config->client_limits.aborts_burst, 200);
    EXPECT_EQ(config->memory_budget_bytes, 64u * 1024 * 1024);
    EXPECT_EQ(config->hold, 5s);
    EXPECT_EQ(config->drain, 30s);
    EXPECT_THAT(config->certificates, IsEmpty());
    EXPECT_EQ(Config::parse("", "f").error().detail,
              "f: hub.name must be the hub's DNS name in lower case");
}

TEST(HubConfig, TheUrlFollowsThePort) {
    EXPECT_EQ(Config::parse(minimal + "tls = \":8443\"", "f")->url, "https://h.example:8443");
    EXPECT_EQ(Config::parse(minimal + "tls = \"0.0.0.0:443\"", "f")->url, "https://h.example");
}

TEST(HubConfig, RefusesValuesAtTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"tls = \"443\"", "f:3:7: hub.tls must be host:port or :port"},
        {"tls = \"::1:443\"", "f:3:7: hub.tls must be host:port or :port"},
        {"tls = \":65536\"", "f:3:7: hub.tls must be host:port or :port"},
        {"proxy = \"\"", "f:3:9: hub.proxy must be host:port or :port"},
        {"url = \"http://h.example\"", "f:3:7: hub.url must be https://name[:port]"},
        {"url = \"https://h.example/x\"", "f:3:7: hub.url must be https://name[:port]"},
        {"url = \"https://u@h.example\"", "f:3:7: hub.url must be https://name[:port]"},
        {"url = \"https://h.example:x\"", "f:3:7: hub.url must be https://name[:port]"},
        {"state = \"postgres://db\"", "f:3:9: hub.state must be sqlite:///FOLDER/hub.db"},
        {"state = \"sqlite://s/hub.db\"", "f:3:9: hub.state must be sqlite:///FOLDER/hub.db"},
        {"state = \"sqlite:///s/other.db\"", "f:3:9: hub.state must be sqlite:///FOLDER/hub.db"},
        {"state = \"/s\"", "f:3:9: hub.state must be sqlite:///FOLDER/hub.db"},
        {"admin_socket = \"a.sock\"", "f:3:16: hub.admin_socket must be an absolute path"},
        {"workers = 65", "f:3:11: hub.workers must be a number from 1 to 64"},
        {"token_lifetime = \"5m\"", "f:3:18: hub.token_lifetime must be a time like"},
        {"tokn_lifetime = \"1h\"",
         "f:3:1: unknown key hub.tokn_lifetime; did you mean token_lifetime?"},
        {"[limit]\n", "f:3:2: unknown key limit; did you mean limits?"},
        {"[limits]\naborts_burst = 0", "f:4:16: limits.aborts_burst must be a number from 1"},
    };
    for (const auto& [text, problem] : cases)
        EXPECT_THAT(problems_of(text), StartsWith(problem)) << text;
    for (const char* name : {"", "Hub.example", "h:443", "https://h", "h example"})
        EXPECT_THAT(
            Config::parse("[hub]\nname = \"" + std::string(name) + "\"", "f").error().detail,
            StartsWith("f:2:8: hub.name must be the hub's DNS name in lower case"))
            << name;
    EXPECT_THAT(problems_of("url = 1"), StartsWith("f:3:7: hub.url must be a text in quotes"));
}

TEST(HubConfig, TokensInClearTextStayOnThisMachine) {
    for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "localhost:0", "[::1]:1"})
        EXPECT_EQ(problems_of("proxy = \"" + std::string(address) + "\""), "") << address;
    for (const char* address : {":1", "0.0.0.0:1", "10.0.0.1:1", "[::]:1", "127.0.0.1.example:1",
                                "127.example:1", "localhost.example:1", "[::ffff:10.0.0.1]:1"}) {
        const auto line = "proxy = \"" + std::string(address) + "\"\n";
        EXPECT_EQ(problems_of(line),
                  "f:3:9: hub.proxy carries tokens in clear text: use a loopback address, or say "
                  "allow_plaintext = true if the network is safe")
            << address;
        EXPECT_EQ(problems_of(line + "allow_plaintext = true\n"), "") << address;
        for (const std::string port : {"socks5", "saprouter"})
            EXPECT_THAT(problems_of(port + line.substr(line.find(' '))),
                        HasSubstr("hub." + port + " carries tokens in clear text"));
    }
}

TEST(HubConfig, ACertificateIsWholeOrRefused) {
    EXPECT_EQ(problems_of("[[certificate]]\n"),
              "f:3:1: certificate.names is missing\nf:3:1: certificate.chain_file is missing\n"
              "f:3:1: certificate.key_file is missing");
    const std::string files = "chain_file = \"/c\"\nkey_file = \"/k\"\n";
    EXPECT_EQ(problems_of("[[certificate]]\nnames = []\n" + files),
              "f:4:9: certificate.names must have at least one name");
    for (const char* name : {"", "*", "*.", "a.*.b", "https://a", "A.example"})
        EXPECT_THAT(
            problems_of("[[certificate]]\nnames = [\"" + std::string(name) + "\"]\n" + files),
            StartsWith("f:4:9: certificate.names must be DNS names in lower case"))
            << name;
    EXPECT_THAT(
        problems_of("[[certificate]]\nnames = [\"a\"]\nchain_file = \"c\"\nkey_file = \"/k\"\n"),
        StartsWith("f:5:14: certificate.chain_file must be an absolute path"));
}

TEST(HubConfig, ADocumentThatIsNoTomlIsOneProblem) {
    const auto config = Config::parse("[hub\n", "f");
    EXPECT_EQ(config.error().code, Errc::malformed);
    EXPECT_THAT(config.error().detail, StartsWith("f:1:"));
    EXPECT_THAT(config.error().detail, testing::Not(HasSubstr("\n")));
}

TEST(HubConfig, AMissingFileSaysSo) {
    const auto error = Config::load("/nowhere/hub.toml").error();
    EXPECT_EQ(error.code, std::errc::no_such_file_or_directory);
    EXPECT_THAT(error.detail, testing::AllOf(testing::HasSubstr("/nowhere/hub.toml"),
                                             testing::HasSubstr("write the configuration there"),
                                             testing::HasSubstr("--config")));
}

TEST(HubConfig, TheExampleIsValidAndShowsTheDefaults) {
    const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto file = std::filesystem::path(source) / "packaging/examples/hub.toml";
    const auto config = Config::load(file);
    ASSERT_TRUE(config) << config.error().detail;

    // With its commented keys taken in it is still valid, and those that are defaults change
    // nothing.
    std::string all;
    std::string line;
    for (const char c : *read_file(file)) {
        line += c;
        if (c != '\n') continue;
        const bool is_key = line.starts_with("# ") &&
                            (line.find(" = ") != std::string::npos || line.starts_with("# [["));
        all += is_key ? line.substr(2) : line;
        line.clear();
    }
    const auto full = Config::parse(all, "all");
    ASSERT_TRUE(full) << full.error().detail;
    EXPECT_EQ(full->certificates.size(), 1u);
    EXPECT_EQ(full->url, config->url);
    EXPECT_EQ(full->admin_socket, config->admin_socket);
    EXPECT_EQ(full->workers, config->workers);
    EXPECT_EQ(full->access_log, config->access_log);
    EXPECT_EQ(full->audit, config->audit);
    EXPECT_EQ(full->token_lifetime, config->token_lifetime);
    EXPECT_EQ(full->agent_certificate_lifetime, config->agent_certificate_lifetime);
    EXPECT_EQ(full->client_limits.requests_max, config->client_limits.requests_max);
    EXPECT_EQ(full->client_limits.aborts_per_second, config->client_limits.aborts_per_second);
    EXPECT_EQ(full->client_limits.aborts_burst, config->client_limits.aborts_burst);
    EXPECT_EQ(full->memory_budget_bytes, config->memory_budget_bytes);
    EXPECT_EQ(full->keepalive.interval, config->keepalive.interval);
    EXPECT_EQ(full->keepalive.patience, config->keepalive.patience);
    EXPECT_EQ(full->hold, config->hold);
    EXPECT_EQ(full->drain, config->drain);
}

}  // namespace
}  // namespace sallyport::hub
