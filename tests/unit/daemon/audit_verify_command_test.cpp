// `audit verify` and `export` of a log that somebody changed, as they are called.
#include "audit/erasure.hpp"
#include "audit_command_fixture.hpp"
#include "base/file.hpp"
#include "daemon/given_keys.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace sallyport::daemon {
namespace {

class AuditVerifyCommandTest : public AuditCommandTest {
protected:
    std::filesystem::path segment() const { return folder / "00000000000000000000.jsonl"; }
    void edit() const {
        auto text = *read_file(segment());
        text.replace(text.find("\"GET\""), 5, "\"PUT\"");
        ASSERT_TRUE(replace_file(segment(), text, 0640));
    }
    std::string line_of_vkeys() const { return *read_file(folder / "vkeys"); }
};

TEST_F(AuditVerifyCommandTest, ALogThatWasPutAsideIsNotPassedOver) {
    write_log();
    const auto old_line = line_of_vkeys();
    edit();
    open().reset();
    EXPECT_EQ(run({"verify"}), 1);
    EXPECT_TRUE(printed("note: record 0: THE LOG BEFORE THIS ONE was not as it was signed"));
    EXPECT_TRUE(printed("seq 0 to 1: good")) << out.str();
    EXPECT_TRUE(printed("== generation-0001, a log before this one")) << out.str();
    EXPECT_TRUE(printed("ALTOGETHER: this log: good; generation-0001: 2 PROBLEMS")) << out.str();
    EXPECT_EQ(run({"verify", "--json"}), 1);
    const auto json = boost::json::parse(out.str()).as_object();
    EXPECT_FALSE(json.at("good").as_bool());
    EXPECT_TRUE(json.at("this_log_good").as_bool());
    const auto& before = json.at("generations").as_array().at(0).as_object();
    EXPECT_EQ(before.at("generation"), "generation-0001");
    EXPECT_FALSE(before.at("good").as_bool());
    EXPECT_TRUE(before.at("put_aside_because").as_string().starts_with("the first"));

    EXPECT_EQ(run({"verify", "--this-log"}), 0);
    EXPECT_TRUE(printed("THE LOG BEFORE THIS ONE")) << "what is in the log itself is told";
    EXPECT_EQ(run({"verify", "--since-seq", "0"}), 0);
    EXPECT_EQ(run({"verify", "--vkey", old_line}), 1);
    EXPECT_EQ(run({"verify", "--folder", (folder / "generation-0001").string()}), 1);
}

TEST_F(AuditVerifyCommandTest, ARangeThatIsNotThereIsWrongUse) {
    write_log();
    EXPECT_EQ(run({"verify", "--since-seq", "500"}), 2);
    EXPECT_NE(err.str().find("there is no record 500; the log ends with 4"), std::string::npos);
    EXPECT_EQ(run({"verify", "--since-seq", "3", "--until-seq", "2"}), 2);
    EXPECT_EQ(run({"verify", "--since-seq", "3"}), 0);
}

TEST_F(AuditVerifyCommandTest, TheLineThatOneIsToldToKeepIsAKey) {
    write_log();
    EXPECT_EQ(run({"verify", "--vkey", line_of_vkeys()}), 0) << err.str();
    EXPECT_EQ(run({"verify", "--vkey", "0 nonsense"}), 2);
    EXPECT_NE(err.str().find("the key \"0 nonsense\""), std::string::npos) << err.str();
    const auto file = (root / "proof").string();
    ASSERT_EQ(run({"prove", "--seq", "1", "--out", file}), 0);
    EXPECT_EQ(run({"check-proof", file, "--key", line_of_vkeys()}), 0) << err.str();
    EXPECT_EQ(run({"check-proof", file, "--key", "a+00000000+CQAA"}), 2);
    EXPECT_NE(err.str().find("the key \"a+00000000+CQAA\""), std::string::npos) << err.str();
}

TEST(GivenKey, IsAKeyOrALineOfVkeys) {
    const std::string key =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";  // C2SP's example
    for (const auto& text :
         {key, "0 " + key, "151803 " + key, "0 " + key + "\n", "  " + key + " "}) {
        const auto parsed = given_key(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->to_text(), key);
    }
    for (const auto& text : {std::string(), std::string("0"), "x " + key, "0 1 " + key, key + " x"})
        EXPECT_FALSE(given_key(text)) << text;
}

TEST_F(AuditVerifyCommandTest, AProofSaysWhatItDoesNotDisclose) {
    write_log();
    int proofs = 0;
    const auto prove = [&](const char* record, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"prove", "--seq",
                                           record,  "--disclose",
                                           "--out", (root / std::to_string(proofs++)).string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        EXPECT_EQ(run(arguments), 0) << err.str();
    };
    prove("1");
    EXPECT_TRUE(printed("disclosed: user\n")) << out.str();
    EXPECT_FALSE(printed("nothing to disclose"));
    prove("0");
    EXPECT_TRUE(printed("nothing to disclose: the record names nobody")) << out.str();
    ASSERT_TRUE(open()->erase({.subject = "jane"}, "uid:0"));
    prove("1");
    EXPECT_TRUE(printed("nothing to disclose of user: it was erased")) << out.str();
    prove("1", {"--json"});
    const auto json = boost::json::parse(out.str()).as_object();
    EXPECT_EQ(json.at("disclosed").as_array().size(), 0U);
    EXPECT_EQ(json.at("undisclosed").as_array().at(0), "user");
    EXPECT_EQ(run({"prove", "--seq", "1", "--disclose"}), 0);
    EXPECT_FALSE(printed("nothing to disclose")) << "standard output is the proof";
    EXPECT_NE(err.str().find("nothing to disclose of user"), std::string::npos);
}

TEST_F(AuditVerifyCommandTest, AnExportSaysWhetherItIsWhatWasRecorded) {
    write_log();
    const auto export_as = [&](const std::string& name, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{"export", "--out", (root / name).string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    };
    EXPECT_EQ(export_as("good"), 0) << err.str();
    EXPECT_TRUE(printed("verified: records 0 to 4 are as they were recorded")) << out.str();
    edit();
    EXPECT_EQ(export_as("bad"), 1);
    EXPECT_NE(err.str().find("NOT VERIFIED, 2 problems"), std::string::npos) << err.str();
    EXPECT_TRUE(std::filesystem::exists(root / "bad" / "manifest.json"));
    EXPECT_EQ(export_as("json", {"--json"}), 1);
    const auto json = boost::json::parse(out.str()).as_object();
    EXPECT_FALSE(json.at("verified").as_object().at("good").as_bool());
    EXPECT_EQ(json.at("damaged"), 0);
    EXPECT_EQ(export_as("tiles", {"--format", "tlog-tiles"}), 2);
}

}  // namespace
}  // namespace sallyport::daemon
