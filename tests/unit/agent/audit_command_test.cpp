#include "agent/audit_command.hpp"

#include "audit/log.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace sallyport::agent {
namespace {

class AuditCommandTest : public ::testing::Test {
protected:
    AuditCommandTest() {
        auto pattern = (std::filesystem::temp_directory_path() / "sallyport-audit-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) ADD_FAILURE() << "mkdtemp";
        folder = pattern;
    }
    ~AuditCommandTest() override { std::filesystem::remove_all(folder); }

    std::unique_ptr<audit::Log> open() {
        auto log = audit::Log::open({.folder = folder});
        if (!log) ADD_FAILURE() << to_text(log.error());
        return std::move(*log);
    }
    void write_log() {
        const auto log = open();
        log->append(audit::ExchangeBegin{.exchange = "x1",
                                         .user = "jane",
                                         .virtual_host = "erp.virtual:44300",
                                         .method = "GET",
                                         .path = "/sap/a"});
        log->append(audit::ExchangeEnd{
            .exchange = "x1", .outcome = audit::outcome::answered, .status = 200});
        log->append(audit::ExchangeEnd{.exchange = "x2",
                                       .outcome = audit::outcome::refused,
                                       .status = 403,
                                       .user = "jack",
                                       .method = "POST",
                                       .path = "/secret"});
    }
    /// Runs `sallyport audit ARGUMENTS`; --folder is added.
    int run(std::vector<std::string> arguments) {
        out.str("");
        err.str("");
        AuditCommandContext context{
            .folder = [this] { return Result<std::filesystem::path>(folder); },
            .out = out,
            .err = err};
        context.wait_for_more = wait_for_more;
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
    bool printed(std::string_view text) const { return out.str().find(text) != std::string::npos; }

    std::filesystem::path folder;
    std::ostringstream out;
    std::ostringstream err;
    std::function<bool()> wait_for_more;
};

TEST_F(AuditCommandTest, VerifySaysGoodAndWhatThatMeans) {
    write_log();
    EXPECT_EQ(run({"verify"}), 0);
    EXPECT_TRUE(printed("5 records in 1 segments, seq 0 to 4: good"));
    EXPECT_TRUE(printed("Not proved"));
    EXPECT_EQ(run({"verify", "--json"}), 0);
    const auto json = boost::json::parse(out.str()).as_object();
    EXPECT_TRUE(json.at("good").as_bool());
    EXPECT_FALSE(json.at("signed").as_bool());
    EXPECT_EQ(json.at("last_seq").as_int64(), 4);
}

TEST_F(AuditCommandTest, VerifyGivesOneWhenItFindsProblems) {
    write_log();
    std::ofstream(folder / "00000000000000000000.jsonl", std::ios::app) << "forged\x1B[2J\n";
    EXPECT_EQ(run({"verify"}), 1);
    EXPECT_TRUE(printed("00000000000000000000.jsonl:6: this line is not a record"));
    EXPECT_TRUE(printed("1 problems"));
}

TEST_F(AuditCommandTest, ErrorsGiveTwo) {
    EXPECT_EQ(run({"verify", "--folder", (folder / "missing").string()}), 2);
    EXPECT_NE(err.str().find("missing"), std::string::npos);
    EXPECT_EQ(run({"query", "--since", "yesterday"}), 2);
    EXPECT_NE(err.str().find("15m"), std::string::npos);
    EXPECT_EQ(run({"query", "--format", "xml"}), 2);
    EXPECT_EQ(run({}), 2);
}

TEST_F(AuditCommandTest, WhatCouldNotBePrintedIsAnError) {
    write_log();
    out.setstate(std::ios::badbit);
    EXPECT_EQ(run({"verify"}), 2);
}

TEST_F(AuditCommandTest, QueryPrintsTablesJsonAndCsv) {
    write_log();
    EXPECT_EQ(run({"query", "--user", "jane"}), 0);
    EXPECT_EQ(lines(), 2U);
    EXPECT_TRUE(printed("GET erp.virtual:44300/sap/a"));
    EXPECT_EQ(run({"query", "--user", "jane", "--json"}), 0);
    EXPECT_EQ(lines(), 2U) << "begin and end";
    EXPECT_EQ(run({"query", "--outcome", "refused", "--format", "csv"}), 0);
    EXPECT_EQ(lines(), 2U);
    EXPECT_TRUE(printed(",x2,refused,403,"));
    EXPECT_EQ(run({"query", "--exchange", "x*", "--limit", "1"}), 0);
    EXPECT_EQ(lines(), 2U);
    EXPECT_EQ(run({"query", "--since", "1h", "--until", "2000-01-01"}), 0);
    EXPECT_EQ(lines(), 1U);
}

TEST_F(AuditCommandTest, TailPrintsTheNewestRecords) {
    write_log();
    EXPECT_EQ(run({"tail", "-n", "2"}), 0);
    EXPECT_EQ(lines(), 3U);
    EXPECT_TRUE(printed("refused"));
    EXPECT_TRUE(printed("log.closed"));
    EXPECT_EQ(run({"tail", "-n", "1", "--json"}), 0);
    EXPECT_EQ(boost::json::parse(out.str()).at("seq").as_int64(), 4);
}

TEST_F(AuditCommandTest, TailFollows) {
    write_log();
    int waits = 0;
    wait_for_more = [&] {
        if (waits++ > 0) return false;
        open();
        return true;
    };
    EXPECT_EQ(run({"tail", "-n", "0", "-f", "--json"}), 0);
    EXPECT_EQ(lines(), 2U) << "log.opened and log.closed";
}

TEST(ParseMoment, TakesTimesDaysAndDurations) {
    const auto now = *audit::parse_rfc3339("2025-03-10T12:00:00Z");
    const std::pair<const char*, const char*> cases[] = {
        {"2025-03-01T12:00:00Z", "2025-03-01T12:00:00.000000Z"},
        {"2025-03-01", "2025-03-01T00:00:00.000000Z"},
        {"90s", "2025-03-10T11:58:30.000000Z"},
        {"15m", "2025-03-10T11:45:00.000000Z"},
        {"6h", "2025-03-10T06:00:00.000000Z"},
        {"7d", "2025-03-03T12:00:00.000000Z"}};
    for (const auto& [text, expected] : cases) {
        const auto moment = parse_moment(text, now);
        ASSERT_TRUE(moment) << text;
        EXPECT_EQ(audit::to_rfc3339(*moment), expected);
    }
    for (const auto* text : {"", "s", "5", "5w", "-5m", "99999999999d", "2025-02-30"})
        EXPECT_FALSE(parse_moment(text, now)) << text;
}

}  // namespace
}  // namespace sallyport::agent
