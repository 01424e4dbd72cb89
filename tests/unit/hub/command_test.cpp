#include "base/error.hpp"
#include "certs/join_token.hpp"
#include "certs/secret_hash.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub/join_token_hash.hpp"
#include "hub/state.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <regex>
#include <sstream>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

struct Outcome {
    int exit_code;
    std::string out;
    std::string err;
    boost::json::value json() const { return boost::json::parse(out); }
    std::string text(const char* member) const {
        return std::string(json().at(member).as_string());
    }
};

/// One hub for all tests of the suite, because making its RSA key takes long; each test uses names
/// of its own.
class CommandTest : public testing::Test {
protected:
    static std::filesystem::path folder() { return temporary().path() / "state"; }

    static Outcome run(const std::string& line, const std::filesystem::path& in = folder()) {
        std::ostringstream out;
        std::ostringstream err;
        CommandContext context{
            .facts =
                [&in] {
                    return HubFacts{"hub.example.com", "https://hub.example.com", in};
                },
            .out = out,
            .err = err,
            .now = [] { return now; }};
        CLI::App app;
        app.require_subcommand(1);
        add_init_command(app, context);
        add_tenant_command(app, context);
        add_client_command(app, context);
        add_agent_command(app, context);
        try {
            app.parse(line);
        } catch (const CLI::ParseError& error) {
            return {2, "", error.what()};
        }
        return {context.exit_code, out.str(), err.str()};
    }

    static void SetUpTestSuite() {
        ASSERT_EQ(run("init").exit_code, 0);
        for (const char* tenant : {"acme", "sub", "rival"})
            ASSERT_EQ(run(std::string("tenant add ") + tenant).exit_code, 0);
    }
    static Store store() { return *Store::open(folder() / "hub.db"); }

private:
    static test::TemporaryFolder& temporary() {
        static test::TemporaryFolder folder;
        return folder;
    }
};

TEST_F(CommandTest, InitTellsTheHashThatAgentsPinAndRefusesToRunTwice) {
    const auto again = run("init --json");
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_NE(again.err.find("left as it is"), std::string::npos);
    const test::TemporaryFolder other;
    const auto first = run("init --json", other.path() / "state");
    ASSERT_EQ(first.exit_code, 0) << first.err;
    const auto state = load_state(other.path() / "state");
    EXPECT_EQ(first.text("authority_key_sha256"),
              to_hex(state->authority.certificate().public_key_hash()));
}

TEST_F(CommandTest, BeforeInitEveryCommandSaysToRunIt) {
    const test::TemporaryFolder empty;
    for (const char* line : {"tenant add x", "tenant list", "client list", "agent list",
                             "agent add a --tenant t", "client add c --tenant t"}) {
        const auto outcome = run(line, empty.path());
        EXPECT_EQ(outcome.exit_code, 1) << line;
        EXPECT_NE(outcome.err.find("sallyport-hub init"), std::string::npos) << line;
        EXPECT_TRUE(outcome.out.empty());
    }
}

TEST_F(CommandTest, TenantsAreAddedListedAndDisabled) {
    EXPECT_EQ(run("tenant add Blue --subdomain azure").exit_code, 0);
    EXPECT_EQ(run("tenant disable Blue").exit_code, 0);
    const auto list = run("tenant list --json").json();
    bool found = false;
    for (const auto& tenant : list.as_array())
        if (tenant.at("name").as_string() == "Blue") {
            found = true;
            EXPECT_EQ(tenant.at("subdomain").as_string(), "azure");
            EXPECT_FALSE(tenant.at("enabled").as_bool());
            EXPECT_EQ(tenant.at("id").as_string().size(), 36u);
        }
    EXPECT_TRUE(found);
    EXPECT_NE(run("tenant list").out.find("azure"), std::string::npos);
    EXPECT_EQ(run("tenant enable Blue").exit_code, 0);
    EXPECT_EQ(run("tenant disable nobody").exit_code, 1);
}

TEST_F(CommandTest, WrongNamesAreUsageErrors) {
    for (const char* line :
         {"tenant add a/b", "tenant add ''", "tenant add x --subdomain Bad_Label", "tenant add A_B",
          "client add 'a b' --tenant acme", "agent add .. --tenant acme",
          "agent add a --tenant acme --location 'x y'", "agent add a --tenant acme --valid 1y",
          "agent add a --tenant acme --valid 1s", "agent add a --tenant acme --valid 8d",
          "agent add a", "tenant", "nonsense", "tenant add", "agent list --nonsense"}) {
        const auto outcome = run(line);
        EXPECT_EQ(outcome.exit_code, 2) << line;
        EXPECT_FALSE(outcome.err.empty()) << line;
    }
}

TEST_F(CommandTest, AClientGetsASecretThatIsStoredAsAHashOnly) {
    const auto added = run("client add shop --tenant acme --subscribe sub --json");
    ASSERT_EQ(added.exit_code, 0) << added.err;
    EXPECT_EQ(added.text("clientid"), "sb-shop");
    const auto secret = added.text("clientsecret");
    const auto clients = store().clients();
    const auto client = std::ranges::find(*clients, "sb-shop", &Client::id);
    ASSERT_NE(client, clients->end());
    EXPECT_TRUE(certs::verify_secret(secret, client->secret_hash));
    EXPECT_EQ(client->secret_hash.find(secret), std::string::npos);
    EXPECT_EQ(client->subscribed_tenant_ids,
              std::vector<std::string>{store().tenant_by_name("sub")->id});
    EXPECT_EQ(run("client add shop --tenant acme").exit_code, 1);
    EXPECT_EQ(run("client add x --tenant nobody").exit_code, 1);
    EXPECT_EQ(run("client add x --tenant acme --subscribe nobody").exit_code, 1);
}

TEST_F(CommandTest, ClientsAreDisabledAndSubscribed) {
    ASSERT_EQ(run("client add app --tenant acme").exit_code, 0);
    EXPECT_EQ(run("client disable sb-app").exit_code, 0);
    EXPECT_EQ(run("client subscribe sb-app --tenant rival").exit_code, 0);
    const auto list = run("client list").out;
    // Columns are as wide as what other tests have added.
    EXPECT_TRUE(std::regex_search(list, std::regex("\nsb-app +acme +disabled +rival\n"))) << list;
    EXPECT_EQ(run("client unsubscribe sb-app --tenant rival").exit_code, 0);
    EXPECT_EQ(run("client unsubscribe sb-app --tenant rival").exit_code, 1);
    EXPECT_EQ(run("client subscribe sb-none --tenant rival").exit_code, 1);
    EXPECT_EQ(run("client enable sb-app").exit_code, 0);
    EXPECT_EQ(run("client disable sb-none").exit_code, 1);
}

TEST_F(CommandTest, AnAgentGetsAJoinTokenThatSaysEverythingItNeeds) {
    const auto added =
        run("agent add berlin --tenant acme --location BRANCH --location X --valid 2h --json");
    ASSERT_EQ(added.exit_code, 0) << added.err;
    const auto token = certs::JoinToken::parse(added.text("join_token"));
    ASSERT_TRUE(token);
    EXPECT_EQ(token->hub_url, "https://hub.example.com");
    EXPECT_EQ(token->authority_key_hash,
              load_state(folder())->authority.certificate().public_key_hash());
    EXPECT_EQ(token->agent, "berlin");
    EXPECT_EQ(token->tenant, store().tenant_by_name("acme")->id);
    EXPECT_EQ(token->locations, (std::vector<std::string>{"BRANCH", "X"}));
    EXPECT_EQ(token->expiry, now + 2h);
    const auto known = store().join_token(join_token_hash(token->secret.reveal()));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->agent.name, "berlin");
    EXPECT_EQ(known->tenant_name, "acme");
}

TEST_F(CommandTest, WithoutALocationAnAgentServesTheDefaultOne) {
    ASSERT_EQ(run("agent add default --tenant sub").exit_code, 0);
    const auto second = run("agent add second --tenant sub");
    EXPECT_EQ(second.exit_code, 1) << "the location is taken";
    EXPECT_NE(second.err.find("--shared"), std::string::npos);
    EXPECT_EQ(run("agent add default --tenant sub --location Y").exit_code, 1) << "the name too";
}

TEST_F(CommandTest, AJoinTokenStandsAloneOnStandardOutput) {
    const auto added = run("agent add --location PIPE piped --tenant acme");
    ASSERT_EQ(added.exit_code, 0) << added.err;
    EXPECT_TRUE(certs::JoinToken::parse(added.out));
    EXPECT_NE(added.err.find("once"), std::string::npos);
    EXPECT_EQ(store().agent({store().tenant_by_name("acme")->id, "piped"})->locations.size(), 1u);
}

TEST_F(CommandTest, AgentsShareALocationOnlyIfBothWereAddedSo) {
    EXPECT_EQ(run("agent add one --tenant rival --location S --shared").exit_code, 0);
    EXPECT_EQ(run("agent add two --tenant rival --location S --shared").exit_code, 0);
    EXPECT_EQ(run("agent add three --tenant rival --location S").exit_code, 1);
}

TEST_F(CommandTest, AgentsAreShownReissuedAndRevoked) {
    ASSERT_EQ(run("agent add paris --tenant acme --location P").exit_code, 0);
    EXPECT_NE(run("agent show paris --tenant acme").out.find("not enrolled"), std::string::npos);
    const auto reissued = run("agent reissue paris --tenant acme");
    ASSERT_EQ(reissued.exit_code, 0) << reissued.err;
    EXPECT_EQ(certs::JoinToken::parse(reissued.out.substr(0, reissued.out.find('\n')))->locations,
              std::vector<std::string>{"P"});
    EXPECT_EQ(run("agent revoke paris --tenant acme").exit_code, 0);
    const auto shown = run("agent show paris --tenant acme --json");
    EXPECT_EQ(shown.text("state"), "revoked");
    EXPECT_EQ(shown.text("revoked"), "2027-01-15T08:00:00Z");
    for (const char* line : {"agent show paris --tenant rival", "agent revoke x --tenant acme",
                             "agent reissue x --tenant acme", "agent list --tenant nobody"})
        EXPECT_EQ(run(line).exit_code, 1) << line;
}

TEST_F(CommandTest, ListsTheAgentsOfOneTenantOrOfAll) {
    ASSERT_EQ(run("agent add la --tenant acme --location LA").exit_code, 0);
    ASSERT_EQ(run("agent add lr --tenant rival --location LR").exit_code, 0);
    const auto names = [](const Outcome& outcome) {
        std::string joined;
        const auto json = outcome.json();
        for (const auto& agent : json.as_array())
            joined += std::string(agent.at("agent").as_string()) + ' ';
        return joined;
    };
    EXPECT_NE(names(run("agent list --json")).find("la "), std::string::npos);
    EXPECT_NE(names(run("agent list --json")).find("lr "), std::string::npos);
    EXPECT_EQ(names(run("agent list --tenant rival --json")).find("la "), std::string::npos);
}

TEST_F(CommandTest, ErrorsAreJsonToProgramsThatAsked) {
    const auto outcome = run("tenant disable nobody --json");
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(boost::json::parse(outcome.err).at("error").is_string());
}

TEST(ParseDuration, ReadsOneNumberAndOneUnit) {
    EXPECT_EQ(*parse_duration("90s"), 90s);
    EXPECT_EQ(*parse_duration("15m"), 15min);
    EXPECT_EQ(*parse_duration("1h"), 1h);
    EXPECT_EQ(*parse_duration("7d"), 168h);
    for (const char* text : {"", "h", "1", "1H", "-1h", "1.5h", "1h30m", " 1h", "1 h",
                             "99999999999999999999h", "40000d"})
        EXPECT_EQ(parse_duration(text).error().code, Errc::malformed) << text;
}

}  // namespace
}  // namespace sallyport::hub
