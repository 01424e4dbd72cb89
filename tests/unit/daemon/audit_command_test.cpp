#include "audit/erasure.hpp"
#include "audit_command_fixture.hpp"
#include "base/file.hpp"
#include "daemon/moment.hpp"

#include <boost/json/parse.hpp>

#include <fstream>

namespace sallyport::daemon {
namespace {

TEST_F(AuditCommandTest, VerifySaysGoodAndWhatThatMeans) {
    write_log();
    EXPECT_EQ(run({"verify"}), 0);
    EXPECT_TRUE(printed("5 records in 1 segments, seq 0 to 4: good"));
    EXPECT_TRUE(printed("Not proved"));
    EXPECT_EQ(run({"verify", "--json"}), 0);
    const auto json = boost::json::parse(out.str()).as_object();
    EXPECT_TRUE(json.at("good").as_bool());
    EXPECT_TRUE(json.at("signed").as_bool());
    EXPECT_EQ(json.at("seal").at("size").as_int64(), 5);
    EXPECT_EQ(json.at("last_seq").as_int64(), 4);
}

TEST_F(AuditCommandTest, VerifyGivesOneWhenItFindsProblems) {
    write_log();
    std::ofstream(folder / "00000000000000000000.jsonl", std::ios::app) << "forged\x1B[2J\n";
    EXPECT_EQ(run({"verify"}), 1);
    EXPECT_TRUE(printed("00000000000000000000.jsonl:6: record: this line is not a record"));
    EXPECT_TRUE(printed("1 problems"));
}

TEST_F(AuditCommandTest, VerifyComparesWithWhatWasKeptElsewhere) {
    write_log();
    const auto key = [](const std::filesystem::path& list) {
        const auto line = *read_file(list);
        return line.substr(line.find(' ') + 1, line.find('\n') - line.find(' ') - 1);
    };
    const auto mine = key(folder / "vkeys");
    EXPECT_EQ(run({"verify", "--vkey", mine}), 0);
    EXPECT_FALSE(printed("that the key is the right one"));
    const auto checkpoint = (root / "kept.cp").string();
    std::filesystem::copy_file(folder / "00000000000000000000.cp", checkpoint);
    EXPECT_EQ(run({"verify", "--checkpoint", checkpoint}), 0);
    std::filesystem::rename(folder, root / "before");
    write_log();
    EXPECT_EQ(run({"verify", "--vkey", mine}), 1);
    EXPECT_TRUE(printed("--vkey: key: "));
    EXPECT_EQ(run({"verify", "--checkpoint", checkpoint}), 1);
    EXPECT_EQ(run({"verify", "--vkey", "nonsense"}), 2);
    EXPECT_EQ(run({"verify", "--checkpoint", (root / "missing").string()}), 2);
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

TEST_F(AuditCommandTest, QueryFindsBySequenceDecisionAndLocation) {
    write_log();
    for (const auto* format : {"table", "csv"}) {
        const std::size_t head = 1;
        EXPECT_EQ(run({"query", "--decision", "refused", "--format", format}), 0);
        EXPECT_EQ(lines(), head + 1) << out.str();
        EXPECT_TRUE(printed("refused"));
        EXPECT_EQ(run({"query", "--seq", "1..3", "--decision", "allowed", "--format", format}), 0);
        EXPECT_EQ(lines(), head + 1);
        EXPECT_TRUE(printed("answered"));
        EXPECT_EQ(run({"query", "--seq", "3..", "--location", "", "--format", format}), 0);
        EXPECT_EQ(lines(), head + 1) << out.str();
        EXPECT_TRUE(printed("x2"));
        EXPECT_EQ(run({"query", "--location", "south", "--format", format}), 0);
        EXPECT_EQ(lines(), head);
    }
    EXPECT_EQ(run({"query", "--seq", "1", "--json"}), 0);
    EXPECT_EQ(lines(), 2U) << "begin and end";
    for (const auto* wrong : {"..", "x", "1-2", "2..1", "1..x", "-1", "1..2..3"})
        EXPECT_EQ(run({"query", "--seq", wrong}), 2) << wrong;
    EXPECT_EQ(run({"query", "--decision", "perhaps"}), 2);
}

TEST_F(AuditCommandTest, VerifyCountsPersonalValues) {
    write_log();
    EXPECT_EQ(run({"verify"}), 0);
    EXPECT_TRUE(printed("personal values: 2 present, 0 erased, 0 missing\n")) << out.str();
    {
        const auto log = open();
        ASSERT_TRUE(log->erase({.subject = "jane"}, "uid:0"));
    }
    EXPECT_EQ(run({"verify", "--json"}), 0);
    EXPECT_TRUE(printed(R"("personal":{"present":1,"erased":1,"missing":0,"falsified":0})"))
        << out.str();
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

TEST_F(AuditCommandTest, ProveMakesAFileThatCheckProofTakesWithoutTheLog) {
    write_log();
    const auto file = (folder / "proof").string();
    ASSERT_EQ(run({"prove", "--seq", "1", "--out", file, "--disclose"}), 0) << err.str();
    EXPECT_TRUE(printed("check-proof " + file)) << out.str();
    ASSERT_EQ(run({"check-proof", file}), 0) << err.str();
    EXPECT_TRUE(printed("good: record 1 of ")) << out.str();
    EXPECT_TRUE(printed("user: jane")) << out.str();
    ASSERT_EQ(run({"check-proof", file, "--json"}), 0) << err.str();
    const auto json = boost::json::parse(out.str());
    EXPECT_EQ(json.at("seq"), 1);
    const std::string key(json.at("signers").at(0).as_string());
    EXPECT_EQ(run({"check-proof", file, "--key", key}), 0) << err.str();
    EXPECT_EQ(run({"prove", "--seq", "1", "--out", file}), 2);  // it is there already
    EXPECT_EQ(run({"prove", "--seq", "1000"}), 2);
}

TEST_F(AuditCommandTest, CheckProofSaysThatAForgedFileProvesNothing) {
    write_log();
    ASSERT_EQ(run({"prove", "--seq", "1"}), 0) << err.str();
    auto text = out.str();
    text.replace(text.find("index 1"), 7, "index 2");
    std::ofstream(folder / "proof") << text;
    EXPECT_EQ(run({"check-proof", (folder / "proof").string()}), 1);
    EXPECT_TRUE(printed("NOT PROVED")) << out.str();
}

TEST_F(AuditCommandTest, ExportMakesANewFolder) {
    write_log();
    for (const auto* format : {"csv", "json", "ecs", "tlog-tiles"}) {
        const auto to = (folder / format).string();
        ASSERT_EQ(run({"export", "--format", format, "--out", to}), 0) << err.str();
        EXPECT_TRUE(std::filesystem::exists(folder / format / "manifest.json"));
        EXPECT_EQ(run({"export", "--format", format, "--out", to}), 2);
    }
    const auto to = (folder / "again").string();
    ASSERT_EQ(run({"export", "--since", "2020-01-01", "--out", to, "--json"}), 0) << err.str();
    EXPECT_EQ(boost::json::parse(out.str()).at("format"), "csv");
    EXPECT_EQ(run({"export", "--format", "pdf", "--out", to}), 2);
}

}  // namespace
}  // namespace sallyport::daemon
