// docs/AUDIT.md is an interface: what it says is tried here.
#include "audit/chain.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

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

TEST_F(DocumentationTest, TheShellCommandsPrintTheSameDigestTwice) {
    write_log();
    const auto printed = run("sh", block("sh"));
    ASSERT_EQ(printed.size(), 130U) << printed;
    EXPECT_EQ(printed.substr(0, 65), printed.substr(65));

    auto text = content();
    text.replace(text.find("jane"), 4, "jack");
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
    text.replace(text.find("jane"), 4, "jack");
    set_content(text);
    EXPECT_NE(run("python3", block("python")).find("AssertionError: 00000000000000000000.jsonl:3"),
              std::string::npos);
}

TEST_F(DocumentationTest, NamesEveryEventAndField) {
    constexpr std::string_view x = "x";
    Chain chain(0, chain_start, "b");
    std::string lines;
    const auto add = [&](const auto& event) { chain.append(lines, {}, event); };
    add(ExchangeBegin{x, x, x, x, x, x, x, x, x, x, x, x, x, x});
    const ExchangeEnd end{x, x, 1, x, 1, 1, std::chrono::microseconds(1), x, x, x,
                          x, x, x, x, x, x};
    add(PairedEnd{end, 1});
    add(PairedEnd{end, {}});
    add(LinkUp{x, x, x, x, x, x, x, 1});
    add(LinkDown{x, x, x, x, x, x, std::chrono::microseconds(1)});
    add(ConfigChanged{x, x, x, x, x, x});
    add(CertificateEnrolled{x, x, x, x, x, x});
    add(LogOpened{x, x, 1, x, x, x, x, 1});
    add(LogRecovered{x, 1, 1, x, x, 1, 1, x});
    add(LogClosed{});
    add(SegmentOpened{x, 1, 1});
    add(ClockStep{x, std::chrono::microseconds(1)});
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
