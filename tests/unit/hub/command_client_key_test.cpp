#include "base/file.hpp"
#include "certs/secret_hash.hpp"
#include "hub/access_key.hpp"
#include "hub/command_context.hpp"
#include "hub/commands.hpp"
#include "hub_fixture.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <sstream>
#include <sys/stat.h>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

struct KeyOutcome {
    int exit_code;
    std::string out;
    std::string err;
    boost::json::value json() const { return boost::json::parse(out); }
};

class ClientKeyCommand : public testing::Test {
protected:
    ClientKeyCommand() {
        auto store = *Store::create(folder_.path() / "hub.db");
        const auto time = std::chrono::floor<std::chrono::seconds>(now);
        for (const char* name : {"acme", "rival"})
            EXPECT_TRUE(store.add_tenant({.id = name, .name = name, .subdomain = name}, time));
        EXPECT_TRUE(
            store.add_client({.id = "sb-shop", .tenant_id = "acme", .secret_hash = "h"}, time));
    }
    KeyOutcome run(const std::string& line) {
        std::ostringstream out;
        std::ostringstream err;
        CommandContext context{
            .facts =
                [this] {
                    return HubFacts{"h.example", "https://h.example", folder_.path()};
                },
            .out = out,
            .err = err,
            .now = [] { return now; }};
        CLI::App app;
        add_client_command(app, context);
        try {
            app.parse("client key " + line);
        } catch (const CLI::ParseError& error) {
            return {2, "", error.what()};
        }
        return {context.exit_code, out.str(), err.str()};
    }

    test::TemporaryFolder folder_;
};

TEST_F(ClientKeyCommand, PrintsTheKeyOnceAndKeepsItsHash) {
    const auto added = run("add sb-shop --tenant acme --location BERLIN --lifetime 2h --json");
    ASSERT_EQ(added.exit_code, 0) << added.err;
    const auto text = std::string(added.json().at("key").as_string());
    EXPECT_EQ(added.json().at("expires").as_string(), "2027-01-15T10:00:00Z");
    const auto key = read_access_key(text);
    ASSERT_TRUE(key);
    const auto kept = Store::open(folder_.path() / "hub.db")->access_keys();
    ASSERT_EQ(kept->size(), 1u);
    EXPECT_TRUE(certs::verify_secret(key->secret.reveal(), kept->front().secret_hash));

    const auto list = run("list --json");
    EXPECT_EQ(list.out.find(text.substr(14)), std::string::npos);
    const auto shown = list.json().as_array().at(0);
    EXPECT_EQ(shown.at("id").as_string(), key->id);
    EXPECT_EQ(shown.at("location").as_string(), "BERLIN");
    EXPECT_EQ(shown.at("state").as_string(), "valid");
    EXPECT_EQ(shown.at("used").as_string(), "");
    EXPECT_NE(run("list").out.find("sb-shop"), std::string::npos);
}

TEST_F(ClientKeyCommand, BindsAKeyToVirtualHosts) {
    const auto added =
        run("add --host ABAP.virtual --host b.virtual:sapgw01 sb-shop --tenant acme "
            "--json");
    ASSERT_EQ(added.exit_code, 0) << added.err;
    const boost::json::array bound{"abap.virtual", "b.virtual:3301"};
    EXPECT_EQ(added.json().at("hosts").as_array(), bound);
    EXPECT_EQ(run("list --json").json().as_array().at(0).at("hosts").as_array(), bound);
    EXPECT_NE(run("list").out.find("abap.virtual,b.virtual:3301"), std::string::npos);
    EXPECT_NE(run("add sb-shop --tenant acme").out.find("hosts:   all"), std::string::npos);
    const auto& other = run("list --json").json();
    EXPECT_TRUE(other.as_array().at(1).at("hosts").as_array().empty() ||
                other.as_array().at(0).at("hosts").as_array().empty());
}

TEST_F(ClientKeyCommand, WritesTheKeyToAFileThatOnlyItsOwnerReads) {
    const auto file = folder_.path() / "key";
    const auto added = run("add sb-shop --tenant acme --out " + file.string());
    ASSERT_EQ(added.exit_code, 0) << added.err;
    auto text = *read_file(file);
    ASSERT_EQ(text.back(), '\n');
    text.pop_back();
    EXPECT_TRUE(read_access_key(text));
    EXPECT_EQ(added.out.find(text), std::string::npos);
    EXPECT_NE(added.err.find("No agent of the tenant"), std::string::npos);
    struct stat facts {};
    ASSERT_EQ(::stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);

    EXPECT_EQ(run("add sb-shop --tenant acme --out /nowhere/key").exit_code, 1);
    const auto keys = run("list --json").json();
    for (const auto& key : keys.as_array())
        if (key.at("state").as_string() == "valid") {
            EXPECT_NE(added.out.find(key.at("id").as_string().c_str()), std::string::npos);
        }
}

TEST_F(ClientKeyCommand, RevokesAKey) {
    const auto added = run("add sb-shop --tenant acme --json");
    const auto id = std::string(added.json().at("id").as_string());
    EXPECT_EQ(run("revoke " + id).exit_code, 0);
    EXPECT_EQ(run("list --json").json().as_array().at(0).at("state").as_string(), "revoked");
    EXPECT_EQ(run("revoke " + id).exit_code, 1);
    EXPECT_EQ(run("revoke 00000000").exit_code, 1);
}

TEST_F(ClientKeyCommand, RefusesWhatCannotBe) {
    for (const char* line :
         {"add sb-nobody --tenant acme", "add sb-shop --tenant rival", "add sb-shop --tenant none"})
        EXPECT_EQ(run(line).exit_code, 1) << line;
    for (const char* line :
         {"add sb-shop", "add sb-shop --tenant acme --lifetime 0s", "",
          "add sb-shop --tenant acme --lifetime never", "add sb-shop --tenant acme --location a/b",
          "add sb-shop --tenant acme --lifetime 3661d", "add sb-shop --tenant acme --host a/b",
          "add sb-shop --tenant acme --host"})
        EXPECT_EQ(run(line).exit_code, 2) << line;
    EXPECT_TRUE(run("list --json").json().as_array().empty());
}

}  // namespace
}  // namespace sallyport::hub
