// What docs/AUDIT.md tells an auditor to run who does not trust this program: exactly that is run.
#pragma once

#include "audit/log_keys.hpp"
#include "audit/segment.hpp"
#include "audit_fixture.hpp"

#include <cstdio>
#include <cstdlib>

namespace sallyport::audit {

inline constexpr std::string_view by_hand_chapter = "<a id=\"by-hand\"></a>";

class WithoutUsTest : public AuditTest {
protected:
    void SetUp() override {
        const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
        if (!source) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
        scripts = std::filesystem::path(source) / "packaging" / "verify";
        page = *read_file(std::filesystem::path(source) / "docs" / "AUDIT.md");
        page = page.substr(page.find(by_hand_chapter));
        page = page.substr(0, page.find("\n<a id=", by_hand_chapter.size()));
    }
    void write_log(certs::KeyKind kind = certs::KeyKind::ed25519) {
        auto with = settings();
        with.segment_bytes_max = 3000;
        with.key_kind = kind;
        const auto log = open(with);
        for (int i = 0; i < 12; ++i) {
            log->append(begin("grüße \x80" + std::to_string(i)));
            log->append(answered("grüße \x80" + std::to_string(i)));
        }
    }
    /// The first block of shell commands in the chapter that has this text.
    std::string commands(std::string_view text) const {
        constexpr std::string_view opening = "```sh";
        for (auto at = page.find(opening); at != page.npos; at = page.find(opening, at + 1)) {
            const auto from = page.find('\n', at) + 1;
            auto block = page.substr(from, page.find("```", from) - from);
            if (block.find(text) != block.npos) return block;
        }
        ADD_FAILURE() << "docs/AUDIT.md has no commands with " << text;
        return "false";
    }
    /// What they print in a copy of the log with the scripts beside it.
    std::string run(const std::string& shell) {
        std::filesystem::copy(scripts, folder,
                              std::filesystem::copy_options::recursive |
                                  std::filesystem::copy_options::overwrite_existing);
        const auto file = root / "commands";
        EXPECT_TRUE(replace_file(file, "set -e\nexport PYTHONDONTWRITEBYTECODE=1\n" + shell, 0600));
        const auto line = "cd '" + folder.string() + "' && sh '" + file.string() + "' 2>&1";
        auto* pipe = ::popen(line.c_str(), "r");
        if (!pipe) return "";
        std::string printed;
        char chunk[4096];
        while (const auto count = std::fread(chunk, 1, sizeof chunk, pipe))
            printed.append(chunk, count);
        if (::pclose(pipe) != 0) printed += "(failed)\n";
        return printed;
    }
    /// Of blocks that follow each other in the chapter, with what all of them need.
    std::string run_blocks(const std::vector<std::string_view>& texts) {
        auto shell = commands("mktemp");
        for (const auto text : texts) shell += commands(text);
        return run(shell + "rm -r \"$work\"\n");
    }
    std::string verified() { return run(commands("verify_audit.py")); }
    std::string segment(std::size_t index) const {
        return list_segments(folder).value().at(index).path.string();
    }
    std::filesystem::path scripts;
    std::string page;
};

}  // namespace sallyport::audit
