#include "agent/config.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/sha256.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string hub = "[[hub]]\nurl = \"https://h\"\n";

Result<Config> parse(const std::string& text) { return Config::parse({{"f", text}}); }
/// The problems of a configuration that is right but for `text`.
std::string problems_of(const std::string& text) {
    const auto config = parse(hub + text);
    return config ? "" : config.error().detail;
}

TEST(AgentConfig, ReadsEveryKey) {
    const auto config = parse(R"(
[agent]
state_dir = "/s"
workers = 3
admin_socket = "/a.sock"
admin_listen = ""
log_level = "debug"
[[hub]]
name = "prod"
url = "https://hub.example.com:8443"
location = "plant-1"
connections = 4
proxy = "http://proxy:3128"
proxy_credentials_file = "/p"
[[hub]]
name = "test"
url = "https://test.example.com"
[audit]
level = "security"
durability = "power"
on_failure = "degrade"
query_strings = true
[trust]
ca_file = "/ca.pem"
[principal]
strip = ["X-User", "X-Role"]
[tunnel]
memory_budget_mib = 2
ping_interval = "1s"
ping_timeout = "2s"
reconnect_first = "3ms"
reconnect_ceiling = "4s"
drain_timeout = "5s"
[[mapping]]
virtual = "v:1"
internal = "https://i"
hub = "test"
[[mapping.rule]]
path = "/"
)");
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->state_dir, "/s");
    EXPECT_EQ(config->workers, 3u);
    EXPECT_EQ(config->admin_socket, "/a.sock");
    EXPECT_EQ(config->log.level, log::Level::debug);
    const HubConfig prod{.name = "prod",
                         .url = "https://hub.example.com:8443",
                         .location = "plant-1",
                         .connections = 4,
                         .proxy = "http://proxy:3128",
                         .proxy_credentials_file = "/p"};
    HubConfig test;
    test.name = "test";
    test.url = "https://test.example.com";
    EXPECT_THAT(config->hubs, ElementsAre(prod, test));
    const daemon::AuditConfig audit{.level = audit::Level::security,
                                    .durability = audit::Durability::power,
                                    .on_failure = audit::OnFailure::degrade};
    EXPECT_EQ(config->audit, audit);
    EXPECT_TRUE(config->query_strings);
    EXPECT_EQ(config->trust.ca_file, "/ca.pem");
    EXPECT_THAT(config->strip, ElementsAre("X-User", "X-Role"));
    EXPECT_EQ(config->tunnel.memory_budget_bytes, 2u * 1024 * 1024);
    EXPECT_EQ(config->tunnel.keepalive.interval, 1s);
    EXPECT_EQ(config->tunnel.keepalive.patience, 2s);
    EXPECT_EQ(config->tunnel.reconnect.first, 3ms);
    EXPECT_EQ(config->tunnel.reconnect.ceiling, 4s);
    EXPECT_EQ(config->tunnel.drain, 5s);
    ASSERT_EQ(config->mappings.size(), 1u);
    EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(AgentConfig, NeedsNothingButAHub) {
    const auto config = parse(hub);
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->file, "f");
    EXPECT_EQ(config->state_dir, "/var/lib/sallyport");
    EXPECT_EQ(config->admin_socket, "/run/sallyport/admin.sock");
    EXPECT_EQ(config->workers, 1u);
    EXPECT_EQ(config->log.level, log::Level::info);
    EXPECT_EQ(config->hubs[0].name, "default");
    EXPECT_EQ(config->hubs[0].location, "");
    EXPECT_EQ(config->hubs[0].connections, 2u);
    EXPECT_EQ(config->audit, daemon::AuditConfig{});
    EXPECT_EQ(config->audit.on_failure, audit::OnFailure::block);
    EXPECT_EQ(config->trust.ca_file, "") << "nobody is trusted by default";
    EXPECT_EQ(config->tunnel.memory_budget_bytes, 64u * 1024 * 1024);
    EXPECT_EQ(config->tunnel.keepalive.interval, 15s);
    EXPECT_EQ(config->tunnel.keepalive.patience, 10s);
    EXPECT_EQ(config->tunnel.reconnect.first, 250ms);
    EXPECT_EQ(config->tunnel.reconnect.ceiling, 30s);
    EXPECT_EQ(config->tunnel.drain, 30s);
    EXPECT_THAT(config->mappings, IsEmpty());
    EXPECT_EQ(parse("").error().detail, "f:1:1: needs at least one [[hub]] with a url");
}

TEST(AgentConfig, ReadsHowTheLogIsWritten) {
    const auto config =
        parse(hub + "[log]\nlevel = \"warn\"\nformat = \"json\"\ntarget = \"stdout\"\n");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->log, (log::Settings{.level = log::Level::warn,
                                          .format = log::Format::json,
                                          .target = log::Target::standard_output}));
    EXPECT_EQ(parse(hub)->log, log::Settings());
}

TEST(AgentConfig, RefusesValuesAtTheirPlace) {
    const std::pair<const char*, const char*> cases[] = {
        {"[agent]\nstate_dir = \"relative\"", "f:4:13: agent.state_dir must be an absolute path"},
        {"[agent]\nstate_dir = \"\"", "f:4:13: agent.state_dir must be an absolute path"},
        {"[agent]\nworkers = 0", "f:4:11: agent.workers must be a number from 1 to 64"},
        {"[agent]\nlog_level = \"trace\"",
         "f:4:13: agent.log_level must be one of info, debug, warn, error"},
        {"[log]\nlevel = \"off\"", "f:4:9: log.level must be one of info, debug, warn, error"},
        {"[log]\nformat = \"xml\"", "f:4:10: log.format must be one of text, json"},
        {"[log]\ntarget = \"/x\"", "f:4:10: log.target must be one of stderr, stdout, journald"},
        {"[log]\ntarget = \"journald\"\nformat = \"json\"",
         "f:5:10: log.format says nothing with target = \"journald\", which has fields"},
        {"[log]\nlevel = \"warn\"\n[agent]\nlog_level = \"warn\"",
         "f:4:9: log.level is told twice: here and as log_level, which is its older name"},
        {"[audit]\nlevel = \"some\"", "f:4:9: audit.level must be one of all, security, off"},
        {"[audit]\ndurability = true", "f:4:14: audit.durability must be a text in quotes"},
        {"[trust]\nca_file = \"ca.pem\"", "f:4:11: trust.ca_file must be an absolute path"},
        {"[principal]\nstrip = [\"X User\"]",
         "f:4:9: principal.strip must be names of HTTP fields"},
        {"[tunnel]\nping_interval = \"0s\"",
         "f:4:17: tunnel.ping_interval must be a time like \"250ms\", \"60s\", \"10m\", \"12h\" or "
         "\"30d\", from 20ms to 10m"},
        {"[tunnel]\nreconnect_first = \"1m\"",
         "f:4:19: tunnel.reconnect_first must not be longer than reconnect_ceiling"},
        {"[agnt]\nworkers = 1", "f:3:2: unknown key agnt; did you mean agent?"},
        {"[audit]\nlevle = \"all\"", "f:4:1: unknown key audit.levle; did you mean level?"},
        {"[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\nhub = \"x\"",
         "f:6:7: mapping.hub names \"x\", which is no configured [[hub]]"},
        {"[[hub]]\nurl = \"https://other\"",
         "f:3:1: hub.name stands twice: default; give each [[hub]] a name of its own"},
        {"[[audit.witness]]\nname = \"default\"\nurl = \"https://w\"\nkey = "
         "\"witness.corp.local/w1+490cc093+BFz3qMWOFKgOUqvuxe6iADyfywMBmnx6B7P3txynswxo\"",
         "f:3:1: audit.witness must not be called default: that is a [[hub]]"},
    };
    for (const auto& [text, problem] : cases)
        EXPECT_THAT(problems_of(text), testing::StartsWith(problem)) << text;
    const std::string socket = "/" + std::string(107, 'x');
    EXPECT_EQ(problems_of("[agent]\nadmin_socket = \"" + socket + "\""),
              "f:4:16: agent.admin_socket must not be longer than 107 bytes");
}

TEST(AgentConfig, RefusesHubsThatCannotBeDialledSafely) {
    const std::pair<const char*, const char*> cases[] = {
        {"", "f:1:1: hub.url must be https://host[:port]"},
        {"url = \"http://h\"", "f:2:7: hub.url must be https://host[:port]"},
        {"url = \"https://h/path\"", "f:2:7: hub.url must be https://host[:port]"},
        {"url = \"https://h\"\nname = \"\"", "f:3:8: hub.name must be 1 to 64 characters"},
        {"url = \"https://h\"\nname = \"a b\"", "f:3:8: hub.name must be 1 to 64 characters"},
        {"url = \"https://h\"\nlocation = \"a/b\"", "f:3:12: hub.location must be 1 to 64"},
        {"url = \"https://h\"\nconnections = 9", "f:3:15: hub.connections must be a number"},
        {"url = \"https://h\"\nproxy = \"socks5://p\"",
         "f:3:9: hub.proxy must be http://host:port"},
        {"url = \"https://h\"\nproxy_credentials_file = \"/p\"",
         "f:3:26: hub.proxy_credentials_file needs a proxy"},
    };
    for (const auto& [text, problem] : cases)
        EXPECT_THAT(parse("[[hub]]\n" + std::string(text)).error().detail,
                    testing::StartsWith(problem))
            << text;
}

TEST(AgentConfig, WhatIsOfferedOverHttpsNeedsACertificateAndSomebodyWhoMayCome) {
    const std::string listen = "[agent]\nadmin_listen = \"127.0.0.1:8443\"\n";
    const std::string shown = "admin_certificate_file = \"/c\"\nadmin_key_file = \"/k\"\n";
    const std::string token = "admin_token_file = \"/t\"\n";
    EXPECT_THAT(problems_of(listen + token), HasSubstr("needs admin_certificate_file"));
    EXPECT_THAT(problems_of(listen + shown), HasSubstr("needs admin_client_ca_file or"));
    EXPECT_THAT(problems_of("[agent]\n" + shown), HasSubstr("needs admin_listen"));
    EXPECT_THAT(problems_of("[agent]\nadmin_listen = \":8443\"\n" + shown + token),
                HasSubstr("must be host:port"));
    EXPECT_THAT(problems_of("[agent]\nadmin_group = \"g\"\nview_group = \"g\""),
                HasSubstr("must not be the admin_group"));
    const auto config = parse(listen + shown + token + hub);
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->admin.listen, "127.0.0.1:8443");
    EXPECT_EQ(config->admin.admin_group, "sallyport-admin");
    EXPECT_EQ(config->admin.view_group, "sallyport-view");
}

TEST(AgentConfig, ReadsTheCompanysOwnEstServer) {
    const auto config = parse(hub +
                              "[enrolment]\nest_url = \"https://est.corp:8443/\"\n"
                              "ca_file = \"/ca.pem\"\ncredentials_file = \"/c\"\n");
    ASSERT_TRUE(config && config->enrolment);
    EXPECT_EQ(config->enrolment->est_url.text(), "https://est.corp:8443/.well-known/est");
    EXPECT_EQ(config->enrolment->credentials_file, "/c");
    EXPECT_FALSE(parse(hub)->enrolment);
    EXPECT_THAT(problems_of("[enrolment]\nest_url = \"https://e\""),
                HasSubstr("ca_file is needed"));
    EXPECT_THAT(problems_of("[enrolment]\nest_url = \"http://e\"\nca_file = \"/ca\""),
                HasSubstr("must be https://host"));
    EXPECT_THAT(problems_of("[enrolment]\nca_file = \"/ca\""), HasSubstr("needs est_url"));
    const std::string est = "[enrolment]\nest_url = \"https://e\"\nca_file = \"/ca\"\n";
    EXPECT_THAT(problems_of(est + "proxy = \"e:80\""), HasSubstr("http://host:port"));
    EXPECT_THAT(problems_of(est + "proxy_credentials_file = \"/c\""), HasSubstr("needs a proxy"));
}

TEST(AgentConfig, KnowsWhetherLinksWouldBeTheSame) {
    const auto tunnel = [](const std::string& line) {
        return parse(hub + "[tunnel]\n" + line)->tunnel;
    };
    EXPECT_TRUE(tunnel("").same_links(tunnel("drain_timeout = \"1s\"")));
    for (const char* line :
         {"memory_budget_mib = 1", "ping_interval = \"1s\"", "ping_timeout = \"1s\"",
          "reconnect_first = \"1s\"", "reconnect_ceiling = \"1s\""})
        EXPECT_FALSE(tunnel("").same_links(tunnel(line))) << line;
}

TEST(AgentConfig, ListsEveryProblem) {
    EXPECT_EQ(parse("[agent]\nworkers = 99\n[[hub]]\nurl = 1\n[audti]\n").error().detail,
              "f:2:11: agent.workers must be a number from 1 to 64\n"
              "f:4:7: hub.url must be a text in quotes\n"
              "f:4:7: hub.url must be https://host[:port]\n"
              "f:5:2: unknown key audti; did you mean audit?");
}

TEST(AgentConfig, WarnsOfHttpsWithoutTrust) {
    const std::string mapping =
        "[[mapping]]\nvirtual = \"v:1\"\ninternal = \"https://i\"\n[[mapping.rule]]\npath = "
        "\"/\"\n";
    EXPECT_THAT(parse(hub + mapping)->warnings,
                ElementsAre("mapping v:1 speaks TLS, but [trust] ca_file names no authority, so no "
                            "connection to it can succeed"));
    EXPECT_THAT(parse(hub + "[trust]\nca_file = \"/ca\"\n" + mapping)->warnings, IsEmpty());
}

TEST(AgentConfig, TheDigestChangesWithEveryFile) {
    const std::string empty;
    const auto one = *Config::parse({{"f", hub}});
    EXPECT_EQ(one.digest, to_hex(certs::sha256(as_bytes(std::to_string(hub.size()) + "\n" + hub))));
    EXPECT_EQ(Config::parse({{"g", hub}})->digest, one.digest);
    EXPECT_NE(Config::parse({{"f", hub + "#"}})->digest, one.digest);
    EXPECT_NE(Config::parse({{"f", hub}, {"g", empty}})->digest, one.digest);
    EXPECT_NE(Config::parse({{"f", hub}, {"g", "#"}})->digest,
              Config::parse({{"f", hub + "#"}, {"g", empty}})->digest);
}

/// A configuration on disk.
class AgentConfigFiles : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) {
        const auto file = folder_.path() / name;
        ASSERT_TRUE(make_folder(file.parent_path(), 0700));
        ASSERT_TRUE(replace_file(file, text, 0600));
    }
    void write_mapping(const std::string& name, const std::string& virtual_host) {
        write(name, "[[mapping]]\nvirtual = \"" + virtual_host + "\"\ninternal = \"http://i\"\n");
    }
    Result<Config> load() { return Config::load(folder_.path() / "agent.toml"); }
    std::string path(const std::string& name) { return (folder_.path() / name).string(); }

    test::TemporaryFolder folder_;
};

TEST_F(AgentConfigFiles, MappingsAreReadInTheOrderOfTheirFiles) {
    write("agent.toml", hub + "[[mapping]]\nvirtual = \"m:1\"\ninternal = \"http://i\"\n");
    write_mapping("mappings.d/b.toml", "b:1");
    write_mapping("mappings.d/a.toml", "a:1");
    write_mapping("mappings.d/10.toml", "ten:1");
    const auto config = load();
    ASSERT_TRUE(config) << config.error().detail;
    std::vector<std::string> names;
    for (const auto& mapping : config->mappings) names.push_back(mapping.virtual_host.text());
    EXPECT_THAT(names, ElementsAre("m:1", "ten:1", "a:1", "b:1"));
    EXPECT_EQ(config->file, path("agent.toml"));
}

TEST_F(AgentConfigFiles, WhatEditorsLeaveBehindIsNotRead) {
    write("agent.toml", hub);
    for (const char* name : {"a.toml~", "a.toml.bak", ".a.toml", ".#a.toml", "README"})
        write("mappings.d/" + std::string(name), "this is no TOML");
    EXPECT_TRUE(load());
}

TEST_F(AgentConfigFiles, OtherTablesBelongIntoTheMainFile) {
    write("agent.toml", hub);
    write("mappings.d/a.toml", hub);
    EXPECT_EQ(load().error().detail,
              path("mappings.d/a.toml") +
                  ":1:1: hub belongs into agent.toml; here stand [[mapping]] tables only");
}

TEST_F(AgentConfigFiles, OneVirtualHostInTwoFilesIsAnError) {
    write("agent.toml", hub);
    write_mapping("mappings.d/a.toml", "v:1");
    write_mapping("mappings.d/b.toml", "V:1");
    EXPECT_EQ(load().error().detail,
              path("mappings.d/b.toml") + ":2:11: mapping.virtual is mapped twice: v:1");
}

TEST_F(AgentConfigFiles, ProblemsNameTheirFile) {
    write("agent.toml", hub + "x = 1\n");
    write("mappings.d/a.toml", "[[mapping]\n");
    EXPECT_THAT(load().error().detail, HasSubstr(path("agent.toml") + ":3:1: unknown key hub.x"));
    EXPECT_THAT(load().error().detail, HasSubstr(path("mappings.d/a.toml") + ":1:"));
}

TEST_F(AgentConfigFiles, AFileThatCannotBeReadIsNeverIgnored) {
    const auto error = load().error();
    EXPECT_EQ(error.code, std::errc::no_such_file_or_directory);
    EXPECT_NE(error.detail.find("write the configuration there"), std::string::npos)
        << error.detail;
    EXPECT_NE(error.detail.find("--config"), std::string::npos) << error.detail;
    write("agent.toml", hub);
    write("mappings.d", "a file instead of a folder");
    EXPECT_FALSE(load());
}

TEST_F(AgentConfigFiles, AFolderThatCannotBeReadIsNeverIgnored) {
    if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
    write("agent.toml", hub);
    write_mapping("mappings.d/a.toml", "v:1");
    ::chmod(path("mappings.d").c_str(), 0);
    EXPECT_EQ(load().error().code, std::errc::permission_denied);
    ::chmod(path("mappings.d").c_str(), 0700);
}

TEST(AgentConfig, TheExampleIsValidAndShowsTheDefaults) {
    const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
    if (source == nullptr) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto file = std::filesystem::path(source) / "packaging/examples/agent.toml";
    const auto config = Config::load(file);
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_THAT(config->warnings, IsEmpty());
    EXPECT_EQ(config->mappings.size(), 1u);

    // With its commented keys taken in it is still valid, and those that are defaults change
    // nothing.
    std::string all;
    std::string line;
    for (const char c : *read_file(file)) {
        line += c;
        if (c != '\n') continue;
        const bool is_key = line.starts_with("# ") && line.find(" = ") != std::string::npos;
        all += is_key ? line.substr(2) : line;
        line.clear();
    }
    const auto full = parse(all);
    ASSERT_TRUE(full) << full.error().detail;
    EXPECT_EQ(full->audit, daemon::AuditConfig{});
    EXPECT_EQ(full->workers, config->workers);
    EXPECT_EQ(full->admin_socket, config->admin_socket);
    EXPECT_EQ(full->mappings, config->mappings);
    EXPECT_EQ(full->tunnel.keepalive.interval, config->tunnel.keepalive.interval);
    EXPECT_EQ(full->tunnel.reconnect.ceiling, config->tunnel.reconnect.ceiling);
    EXPECT_EQ(full->tunnel.drain, config->tunnel.drain);
    EXPECT_EQ(full->tunnel.memory_budget_bytes, config->tunnel.memory_budget_bytes);
}

}  // namespace
}  // namespace sallyport::agent
