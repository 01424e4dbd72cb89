// Service channels as the hub keeps them: the store, who may open one, the commands.
#include "base/error.hpp"
#include "certs/spiffe.hpp"
#include "hub/accounts.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/store.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <sstream>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

certs::AgentName agent(std::string_view tenant, std::string_view name) {
    return *certs::AgentName::make("hub.example", tenant, name);
}

class HubChannels : public testing::Test {
protected:
    HubChannels() {
        for (const char* id : {"acme", "rival"})
            EXPECT_TRUE(store_.add_tenant({.id = id, .name = id, .subdomain = id}, now));
        EXPECT_TRUE(store_.add_agent(
            {.key = {"acme", "berlin"}, .created_at = now, .locations = {{}}},
            {.secret_hash = "h", .agent = {"acme", "berlin"}, .expires_at = now + 1h}));
    }
    int run(const std::string& line) {
        out_.str({});
        err_.str({});
        CommandContext context{
            .facts =
                [this] {
                    return HubFacts{"h.example", "https://h.example", folder_.path()};
                },
            .out = out_,
            .err = err_,
            .now = [] { return now; }};
        CLI::App app;
        add_channel_command(app, context);
        try {
            app.parse("channel " + line);
        } catch (const CLI::ParseError&) {
            return 2;
        }
        return context.exit_code;
    }
    auto accounts() { return Accounts::from(*store_.content(), 1); }

    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
    std::ostringstream out_;
    std::ostringstream err_;
};

TEST_F(HubChannels, ReadBackAsTheyWereWritten) {
    const Channel any{.tenant_id = "acme", .name = "any", .target = "db:5432", .created_at = now};
    const Channel default_place{.tenant_id = "acme",
                                .name = "here",
                                .agent = {},
                                .location = "",
                                .target = "db:1",
                                .created_at = now};
    const Channel one{.tenant_id = "acme",
                      .name = "one",
                      .agent = "berlin",
                      .location = {},
                      .target = "[::1]:1",
                      .created_at = now};
    for (const auto& channel : {any, default_place, one}) ASSERT_TRUE(store_.add_channel(channel));
    EXPECT_EQ(*store_.channels(), (std::vector{any, default_place, one}));
    EXPECT_EQ(code_of(store_.add_channel(any)), Errc::conflict);
    auto foreign = one;
    foreign.tenant_id = "rival";
    EXPECT_EQ(code_of(store_.add_channel(foreign)), Errc::not_found);
    ASSERT_TRUE(store_.remove_channel("acme", "here"));
    EXPECT_EQ(code_of(store_.remove_channel("acme", "here")), Errc::not_found);
    EXPECT_EQ(store_.channels()->size(), 2u);
}

TEST_F(HubChannels, OnlyTheTenantsOwnAgentsMayOpenThem) {
    ASSERT_TRUE(store_.add_channel({.tenant_id = "acme", .name = "any", .target = "db:1"}));
    ASSERT_TRUE(store_.add_channel(
        {.tenant_id = "acme", .name = "one", .agent = "berlin", .target = "db:2"}));
    ASSERT_TRUE(store_.add_channel(
        {.tenant_id = "acme", .name = "place", .agent = {}, .location = "X", .target = "db:3"}));
    const auto known = accounts();
    const auto may = [&](const certs::AgentName& who, const char* where, const char* name) {
        return known->find_channel(who, where, name) != nullptr;
    };
    EXPECT_TRUE(may(agent("acme", "berlin"), "", "any"));
    EXPECT_TRUE(may(agent("acme", "other"), "X", "any"));
    EXPECT_FALSE(may(agent("rival", "berlin"), "", "any"));
    EXPECT_TRUE(may(agent("acme", "berlin"), "", "one"));
    EXPECT_FALSE(may(agent("acme", "other"), "", "one"));
    EXPECT_TRUE(may(agent("acme", "other"), "X", "place"));
    EXPECT_FALSE(may(agent("acme", "other"), "", "place"));
    EXPECT_FALSE(may(agent("acme", "berlin"), "", "none"));
}

TEST_F(HubChannels, AreAddedListedAndRemovedByCommands) {
    ASSERT_EQ(run("add hana --tenant acme --agent berlin --target db.corp:30015 --json"), 0)
        << err_.str();
    ASSERT_EQ(run("add place --tenant acme --location MUC --target db:5432"), 0) << err_.str();
    EXPECT_NE(out_.str().find("[[channel]]"), std::string::npos);
    ASSERT_EQ(run("list --json"), 0);
    const auto all = boost::json::parse(out_.str());
    ASSERT_EQ(all.as_array().size(), 2u);
    EXPECT_EQ(all.at(0).at("agent").as_string(), "berlin");
    EXPECT_TRUE(all.at(0).at("location").is_null());
    EXPECT_EQ(all.at(1).at("location").as_string(), "MUC");
    EXPECT_EQ(run("list"), 0);
    EXPECT_NE(out_.str().find("db.corp:30015"), std::string::npos);
    EXPECT_EQ(run("remove hana --tenant acme"), 0);
    EXPECT_EQ(run("remove hana --tenant acme"), 1);
}

TEST_F(HubChannels, CommandsRefuseWhatCannotBe) {
    for (const char* line :
         {"add x --tenant acme --target db", "add x --tenant acme --target :1",
          "add x --tenant acme --target db:0", "add 'a b' --tenant acme --target db:1",
          "add x --tenant acme", "add x --tenant acme --agent a --location b --target db:1"})
        EXPECT_EQ(run(line), 2) << line;
    for (const char* line :
         {"add x --tenant none --target db:1", "add x --tenant acme --agent nobody --target db:1"})
        EXPECT_EQ(run(line), 1) << line;
}

}  // namespace
}  // namespace sallyport::hub
