#include "agent/config_restart.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace sallyport::agent {
namespace {

using Keys = std::vector<std::string>;

Config parsed_config(const std::string& text) {
    auto config = Config::parse({{"agent.toml", text}});
    EXPECT_TRUE(config) << config.error().detail;
    return config ? *config : Config();
}

const std::string plain_hub = "[[hub]]\nurl = \"https://h\"\n";

TEST(ConfigRestart, NamesEachKeyThatWaitsAndKeepsWhatRuns) {
    const std::vector<std::pair<std::string, Keys>> cases{
        {plain_hub, {}},
        {plain_hub + "location = \"b\"\n", {"[[hub]]"}},
        {plain_hub + "[[hub]]\nname = \"b\"\nurl = \"https://b\"\n", {"[[hub]]"}},
        {plain_hub + "[[channel]]\nname = \"c\"\nlisten = \"127.0.0.1:9\"\nhub = \"default\"\n",
         {"[[channel]]"}},
        {plain_hub + "[agent]\nstate_dir = \"/elsewhere\"\nworkers = 2\nadmin_socket = \"/s\"\n"
                     "admin_group = \"a\"\nview_group = \"v\"\n",
         {"state_dir", "workers", "admin_socket", "admin_group", "view_group"}},
        {plain_hub + "[agent]\nadmin_listen = \"127.0.0.1:1\"\nadmin_certificate_file = \"/c\"\n"
                     "admin_key_file = \"/k\"\nadmin_token_file = \"/t\"\n",
         {"admin_listen"}},
        {plain_hub + "[log]\nformat = \"json\"\ntarget = \"stdout\"\n",
         {"log.format", "log.target"}},
        {plain_hub + "[tunnel]\nmemory_budget_mib = 1\nping_interval = \"1s\"\n"
                     "ping_timeout = \"1s\"\nreconnect_first = \"1s\"\n"
                     "reconnect_ceiling = \"9s\"\n",
         {"tunnel.memory_budget_mib", "tunnel.ping_interval", "tunnel.ping_timeout",
          "tunnel.reconnect_first", "tunnel.reconnect_ceiling"}},
        {plain_hub + "[audit]\nkey_kind = \"p256\"\ncheckpoint_interval = \"3s\"\n"
                     "heartbeat_interval = \"9s\"\n",
         {"audit.key_kind", "audit.checkpoint_interval", "audit.heartbeat_interval"}},
        {plain_hub + "[kerberos]\nprincipal = \"HTTP/a@R\"\nkeytab = \"/k\"\n"
                     "krb5_conf = \"/x\"\n",
         {"kerberos.krb5_conf"}},
    };
    const auto running = parsed_config(plain_hub);
    for (const auto& [text, expected] : cases) {
        auto after = parsed_config(text);
        EXPECT_EQ(keep_what_needs_a_restart(running, after), expected) << text;
        EXPECT_EQ(keep_what_needs_a_restart(running, after), Keys()) << text;
        EXPECT_EQ(after.digest == running.digest, text == plain_hub) << text;  // of the files
    }
}

TEST(ConfigRestart, WhatCanChangeIsTaken) {
    const auto running = parsed_config(plain_hub);
    auto after =
        parsed_config(plain_hub +
                      "[log]\nlevel = \"debug\"\n[tunnel]\ndrain_timeout = \"1s\"\n[audit]\n"
                      "level = \"security\"\nquery_strings = true\n[trust]\nca_file = \"/ca.pem\"\n"
                      "[kerberos]\nprincipal = \"HTTP/a@R\"\nkeytab = \"/k\"\n"
                      "[[mapping]]\nvirtual = \"erp:443\"\ninternal = \"http://s4:80\"\n");
    EXPECT_EQ(keep_what_needs_a_restart(running, after), Keys());
    EXPECT_EQ(after.log.level, log::Level::debug);
    EXPECT_EQ(after.mappings.size(), 1U);
    EXPECT_TRUE(after.kerberos);
    // Nor does it wait to be taken away again.
    auto without = parsed_config(plain_hub);
    EXPECT_EQ(keep_what_needs_a_restart(after, without), Keys());
}

TEST(ConfigRestart, TheRecordOfAReloadNamesWhatWaits) {
    daemon::ConfigChange change;
    note_waiting(change, {"[[channel]]", "workers", "log.format"});
    EXPECT_EQ(change.changes_text(),
              "[[channel]] waits for a restart; workers waits for a restart; log.format waits for "
              "a restart");
    EXPECT_EQ(change.categories_text(),
              "CloudConnectorLoggers,Configuration,ServiceChannelConfiguration");
}

}  // namespace
}  // namespace sallyport::agent
