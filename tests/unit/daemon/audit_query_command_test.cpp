#include "audit/generation.hpp"
#include "audit/log.hpp"
#include "daemon/audit_command.hpp"
#include "daemon/audit_erase.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <gmock/gmock.h>
#include <sstream>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

class AuditQueryCommandTest : public ::testing::Test {
protected:
    void write_log(std::string_view user) const {
        auto log = audit::Log::open({.folder = folder()});
        ASSERT_TRUE(log);
        (*log)->append(audit::ExchangeBegin{.exchange = user,
                                            .tenant = "id-1",
                                            .user = user,
                                            .virtual_host = "erp.virtual:44300",
                                            .method = "GET",
                                            .path = "/sap/a"});
        (*log)->append(audit::ExchangeEnd{
            .exchange = user, .outcome = audit::outcome::answered, .status = 200});
    }
    int run(std::vector<std::string> arguments) {
        out.str("");
        err.str("");
        AuditCommandContext context{
            .folder = [this] { return Result<std::filesystem::path>(folder()); },
            .out = out,
            .err = err,
            .program = "sallyport-hub",
            .socket = [this] { return Result<std::filesystem::path>(root.path() / "none"); },
            .tenant_id = tenant_id};
        CLI::App app;
        add_audit_commands(app, context);
        arguments.insert(arguments.begin(), "audit");
        std::reverse(arguments.begin(), arguments.end());
        try {
            app.parse(arguments);
        } catch (const CLI::ParseError& error) {
            err << error.what();
            return 2;
        }
        return context.exit_code;
    }
    std::size_t lines() const {
        const auto text = out.str();
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    std::filesystem::path folder() const { return root.path() / "audit"; }

    test::TemporaryFolder root;
    std::ostringstream out;
    std::ostringstream err;
    std::function<std::string(const std::string&)> tenant_id = [](const std::string& name) {
        return name == "acme" ? "id-1" : name;
    };
};

TEST_F(AuditQueryCommandTest, SaysWhereItLookedWhenNothingWasFound) {
    write_log("jane");
    EXPECT_EQ(run({"query", "--user", "jane"}), 0);
    EXPECT_EQ(err.str(), "");
    EXPECT_EQ(run({"query", "--user", "bob", "--json"}), 0);
    EXPECT_EQ(out.str(), "");
    EXPECT_THAT(err.str(), HasSubstr("nothing found in 4 records from 20"));
}

TEST_F(AuditQueryCommandTest, WhoCannotKnowTheNamesOfTenantsSaysThatTheIdIsWanted) {
    write_log("jane");
    tenant_id = {};
    EXPECT_EQ(run({"query", "--tenant", "id-1"}), 0);
    EXPECT_EQ(err.str(), "");
    EXPECT_EQ(run({"query", "--tenant", "acme"}), 0);
    EXPECT_THAT(err.str(), HasSubstr("sallyport-hub tenant list"));
}

TEST_F(AuditQueryCommandTest, ATraceIsAskedForByItsIdAndNotByTheWholeHeader) {
    write_log("jane");
    EXPECT_EQ(run({"query", "--trace", "0af7651916cd43dd8448eb211c80319c"}), 0);
    EXPECT_THAT(err.str(), HasSubstr("nothing found"));
    for (const auto* wrong : {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                              "0AF7651916CD43DD8448EB211C80319C"}) {
        EXPECT_EQ(run({"query", "--trace", wrong}), 2);
        EXPECT_THAT(err.str(), HasSubstr("32 hexadecimal digits"));
    }
}

TEST_F(AuditQueryCommandTest, OlderLogsAreNamedAndCanBeReadToo) {
    write_log("jane");
    ASSERT_TRUE(audit::put_aside(folder(), {.broken = "test"}));
    write_log("bob");
    EXPECT_EQ(run({"query", "--user", "jane", "--format", "json"}), 0);
    EXPECT_EQ(lines(), 0U);
    EXPECT_THAT(err.str(), HasSubstr("generation-0001"));
    EXPECT_THAT(err.str(), HasSubstr("--all-generations"));
    EXPECT_EQ(run({"query", "--user", "jane", "--format", "json", "--all-generations"}), 0);
    EXPECT_EQ(lines(), 2U);
    EXPECT_EQ(err.str(), "");
    EXPECT_EQ(run({"query", "--user", "*", "--format", "json", "--all-generations"}), 0);
    EXPECT_EQ(lines(), 4U);
    EXPECT_EQ(run({"query", "--user", "*", "--all-generations", "--format", "csv", "--limit", "1"}),
              0);
    EXPECT_EQ(lines(), 2U) << "with its head";
    EXPECT_EQ(run({"query", "--user", "*"}), 0);
    EXPECT_THAT(err.str(), HasSubstr("not looked at: 1 older log, put aside")) << "a part only";
    EXPECT_EQ(run({"query", "--user", "*", "--all-generations"}), 0);
    EXPECT_THAT(out.str(), HasSubstr("generation-0001:\n"));
}

TEST_F(AuditQueryCommandTest, TablesBeginWithTheSequence) {
    write_log("jane");
    EXPECT_EQ(run({"query", "--user", "jane"}), 0);
    EXPECT_THAT(out.str(), HasSubstr("     SEQ  TIME "));
    EXPECT_THAT(out.str(), HasSubstr("\n       1  20"));
    EXPECT_EQ(run({"tail", "-n", "1"}), 0);
    EXPECT_THAT(out.str(), HasSubstr("\n       3  20"));
}

TEST_F(AuditQueryCommandTest, TakesWordsAsPeopleWriteThem) {
    write_log("jane");
    for (const auto& [option, value] :
         std::vector<std::pair<std::string, std::string>>{{"--method", "get"},
                                                          {"--virtual-host", "erp.virtual"},
                                                          {"--tenant", "acme"},
                                                          {"--tenant", "id-*"}}) {
        EXPECT_EQ(run({"query", option, value, "--json"}), 0);
        EXPECT_EQ(lines(), 2U) << option << " " << value;
    }
    EXPECT_EQ(run({"query", "--location=", "--json"}), 0);
    EXPECT_EQ(lines(), 2U) << "the default location";
}

TEST_F(AuditQueryCommandTest, TwoFormatsAtOnceAreWrong) {
    write_log("jane");
    EXPECT_EQ(run({"query", "--json", "--format", "csv"}), 2);
    EXPECT_EQ(run({"query", "--json", "--format", "json"}), 0);
}

TEST_F(AuditQueryCommandTest, SaysThatALogHasNotBegun) {
    for (const auto* command : {"query", "tail", "verify"}) {
        EXPECT_EQ(run({command}), 2);
        EXPECT_THAT(err.str(), HasSubstr("yet: it begins when sallyport-hub first runs"));
        EXPECT_EQ(run({command, "--folder", (root.path() / "gone").string()}), 2);
        EXPECT_THAT(err.str(), HasSubstr("there is no folder"));
    }
}

TEST_F(AuditQueryCommandTest, EraseGivesOneWithoutItsDaemon) {
    EXPECT_EQ(run({"erase", "--subject", "jane"}), 1);
    EXPECT_THAT(err.str(), HasSubstr("nothing listens on"));
    EXPECT_EQ(run({"erase", "--subject", "jane", "--until", "yesterday"}), 2);
}

TEST(DescribeErasure, HintsAtAPatternOrAWrongName) {
    const boost::json::object none{{"done", false}, {"count", 0}, {"segments", 0}};
    const boost::json::object one{{"done", true}, {"count", 1},       {"segments", 1},
                                  {"record", 7},  {"subject_c", "c"}, {"salt", "s"}};
    EXPECT_THAT(describe_erasure(none, {.subject = "jane@*"}), HasSubstr("say --pattern"));
    EXPECT_THAT(describe_erasure(none, {.subject = "jane@*", .pattern = true}),
                HasSubstr("matches this pattern"));
    EXPECT_THAT(describe_erasure(none, {.subject = "jnae"}), HasSubstr("audit query --user"));
    EXPECT_THAT(describe_erasure(none, {.subject = "jnae"}),
                HasSubstr("0 values in 0 segments would be erased\n"));
    EXPECT_THAT(describe_erasure(one, {.subject = "jane"}), Not(HasSubstr("NOTHING")));
    EXPECT_THAT(describe_erasure(one, {.subject = "jane"}),
                HasSubstr("1 value in 1 segment is erased; it is on record"));
}

}  // namespace
}  // namespace sallyport::daemon
