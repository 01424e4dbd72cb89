// docs/AUDIT.md is an interface: what it says is tried here.
#include "audit/disclosure.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "every_event.hpp"

#include <cstdio>
#include <cstdlib>

namespace sallyport::audit {
namespace {

class DocumentationTest : public AuditTest {
protected:
    void SetUp() override {
        const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
        if (!source) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
        page = *read_file(std::filesystem::path(source) / "docs" / "AUDIT.md");
    }
    /// The first code block of that language.
    std::string block(const std::string& language) const {
        const auto opening = "\n```" + language + "\n";
        const auto start = page.find(opening);
        if (start == std::string::npos) return "";
        const auto from = start + opening.size();
        return page.substr(from, page.find("```", from) - from);
    }
    /// What the commands print when they run in the folder of the log.
    std::string run(const std::string& interpreter, const std::string& commands) const {
        const auto script = root / "script";
        EXPECT_TRUE(replace_file(script, commands, 0600));
        const auto command =
            "cd '" + folder.string() + "' && " + interpreter + " '" + script.string() + "' 2>&1";
        auto* pipe = ::popen(command.c_str(), "r");
        if (!pipe) return "";
        std::string printed;
        char chunk[4096];
        while (const auto count = std::fread(chunk, 1, sizeof chunk, pipe))
            printed.append(chunk, count);
        ::pclose(pipe);
        return printed;
    }
    void write_log() {
        auto with = settings();
        with.segment_bytes_max = 2000;
        const auto log = open(with);
        for (int i = 0; i < 10; ++i) {
            log->append(begin("grüße \x80" + std::to_string(i)));
            log->append(answered("grüße \x80" + std::to_string(i)));
        }
    }
    std::string page;
};

TEST_F(DocumentationTest, TheCommandForAPersonalValuePrintsItsCommitment) {
    write_log();
    const auto from = page.find("python3 -c 'import hashlib, sys;");
    ASSERT_NE(from, page.npos);
    auto command = page.substr(from, page.find('\n', from) - from);
    const auto disclosed = list_disclosures(folder)->front().path;
    auto text = *read_file(disclosed);
    const auto value = *parse_disclosure(text.substr(0, text.find('\n')));
    command.replace(command.find(" SALT VALUE"), std::string::npos,
                    " " + to_hex(value.salt) + " '" + value.value + "'");
    EXPECT_EQ(run("sh", command), commitment(value.salt, value.value) + "\n");
}

TEST_F(DocumentationTest, TheShellCommandsPrintTheSameDigestTwice) {
    write_log();
    const auto printed = run("sh", block("sh"));
    ASSERT_EQ(printed.size(), 130U) << printed;
    EXPECT_EQ(printed.substr(0, 65), printed.substr(65));

    auto text = content();
    text.replace(text.find("GET"), 3, "PUT");
    set_content(text);
    const auto tampered = run("sh", block("sh"));
    EXPECT_NE(tampered.substr(0, 65), tampered.substr(65));
}

TEST_F(DocumentationTest, ThePythonProgramFindsWhatVerifyFinds) {
    write_log();
    const auto report = verify(folder);
    ASSERT_TRUE(report && report->good());
    EXPECT_EQ(run("python3", block("python")),
              std::to_string(report->records) + " " + report->last_digest + "\n");

    auto text = content();
    text.replace(text.find("GET"), 3, "PUT");
    set_content(text);
    EXPECT_NE(run("python3", block("python")).find("AssertionError: 00000000000000000000.jsonl:3"),
              std::string::npos);
}

TEST_F(DocumentationTest, NamesEveryEventAndField) {
    const auto lines = every_event();
    for (std::size_t at = 0; at < lines.size();) {
        const auto next = lines.find('\n', at) + 1;
        const auto record = *parse_record(std::string_view(lines).substr(at, next - at));
        at = next;
        const auto heading = page.find("`" + record.event + "`");
        EXPECT_NE(heading, std::string::npos) << record.event;
        for (const auto& [key, value] : record.fields)
            EXPECT_NE(page.find("`" + std::string(key) + "`", heading), std::string::npos)
                << record.event << " " << key;
    }
}

}  // namespace
}  // namespace sallyport::audit
