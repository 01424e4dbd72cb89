#include "base/log.hpp"

#include "base/file.hpp"
#include "base/log_line.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace sallyport::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// What `write` leaves on standard error.
template <class Write>
std::string written(Settings settings, Write write_lines) {
    testing::internal::CaptureStderr();
    start("tested", settings);
    write_lines();
    stop();
    return testing::internal::GetCapturedStderr();
}

TEST(Log, ALineOfTextIsTheTimeWhoHowBadWhatAndItsValues) {
    const auto said = written({}, [] {
        info("link.up", {{"hub", "prod"}, {"links", 2}, {"first", true}, {"why", "so what"}});
        debug("exchange.ended", {});
    });
    EXPECT_THAT(said, MatchesRegex("[0-9-]+T[0-9:]+\\.[0-9][0-9][0-9]Z tested info "
                                   "link\\.up hub=prod links=2 first=true why=\"so what\"\n"));
}

TEST(Log, ALineOfJsonIsAnObjectWhoseNumbersAreNumbers) {
    const auto said = written({.format = Format::json}, [] {
        warn("link.down", {{"hub", "a \"b\"\n"}, {"links", 2}, {"first", true}});
    });
    EXPECT_THAT(said, HasSubstr(R"("program":"tested","level":"warn","event":"link.down",)"
                                R"("hub":"a \"b\"\u000a","links":2,"first":true})"
                                "\n"));
    EXPECT_THAT(said, MatchesRegex("\\{\"time\":\"[0-9-]+T[0-9:.]+Z\",.*"));
}

TEST(Log, WhatAPeerSendsMakesNoLineAndNoKeyOfItsOwn) {
    const std::string_view hostile = "x\n2026-01-01T00:00:00Z tested error forged a=b \x1b[2J";
    for (const auto format : {Format::text, Format::json}) {
        const auto said = written({.format = format}, [&] { info("asked", {{"path", hostile}}); });
        EXPECT_EQ(std::ranges::count(said, '\n'), 1) << said;
        EXPECT_THAT(said, Not(HasSubstr("\x1b")));
    }
}

TEST(Log, ALongValueIsCut) {
    const std::string large(2 * Line::value_bytes_max, 'x');
    const auto said = written({}, [&] { info("asked", {{"path", large}}); });
    EXPECT_THAT(said, EndsWith("xxx...\n"));
    EXPECT_LT(said.size(), Line::value_bytes_max + 100);
}

TEST(Log, TheLevelChangesWhileItRuns) {
    const auto said = written({.level = Level::warn}, [] {
        info("first");
        set_level(Level::debug);
        debug("second");
        set_level(Level::error);
        warn("third");
    });
    EXPECT_THAT(said, HasSubstr("second"));
    EXPECT_THAT(said, Not(HasSubstr("first")));
    EXPECT_THAT(said, Not(HasSubstr("third")));
}

/// Standard output as a pipe that nobody reads until told to.
class FullPipe {
public:
    FullPipe() : before_(::dup(STDOUT_FILENO)) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        reader_ = FileDescriptor(ends[0]);
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[1]);
    }
    ~FullPipe() { close(); }
    /// Reads from now on, until close().
    void read() {
        thread_ = std::thread([this] {
            std::array<char, 65536> chunk{};
            for (ssize_t count = 0;
                 (count = ::read(reader_.get(), chunk.data(), chunk.size())) > 0;)
                text_.append(chunk.data(), static_cast<std::size_t>(count));
        });
    }
    std::string close() {
        if (before_) ::dup2(before_.get(), STDOUT_FILENO);
        before_.close();
        if (thread_.joinable()) thread_.join();
        return std::move(text_);
    }

private:
    FileDescriptor before_;
    FileDescriptor reader_;
    std::thread thread_;
    std::string text_;
};

TEST(Log, AReaderThatStandsStillHoldsNobodyUpAndIsToldWhatItMissed) {
    constexpr std::uint64_t lines = 30'000;  // more than wait
    FullPipe pipe;
    start("tested", {.target = Target::standard_output});
    for (std::uint64_t i = 0; i < lines; ++i) info("line", {{"number", i}});
    const auto lost = dropped();
    EXPECT_GT(lost, 0U);
    pipe.read();
    stop();
    const auto said = pipe.close();
    const std::string_view word = "log.dropped lines=";
    const auto at = said.find(word);
    ASSERT_NE(at, said.npos);
    std::uint64_t told = 0;
    for (auto next = at; next != said.npos; next = said.find(word, next + 1))
        told += std::stoull(said.substr(next + word.size()));
    EXPECT_EQ(told, lost);
    std::uint64_t came = 0;
    for (auto next = said.find(" line number="); next != said.npos;
         next = said.find(" line number=", next + 1))
        ++came;
    EXPECT_EQ(came + told, lines);
    EXPECT_THAT(said, EndsWith("number=29999\n"));
}

/// Where a journal would listen.
FileDescriptor journal_at(const std::filesystem::path& path) {
    FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
}

TEST(Log, TheJournalGetsFields) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "journal";
    const auto journal = journal_at(path);
    const auto rest = written({.target = Target::journal, .journal_socket = path}, [] {
        error("audit.failed", {{"error", "no room\non disk"}, {"records", 2}});
    });
    EXPECT_EQ(rest, "");
    std::array<char, 4096> entry{};
    const auto count = ::recv(journal.get(), entry.data(), entry.size(), MSG_DONTWAIT);
    ASSERT_GT(count, 0);
    using namespace std::string_literals;
    EXPECT_EQ(std::string(entry.data(), static_cast<std::size_t>(count)),
              "PRIORITY=3\nSYSLOG_IDENTIFIER=tested\nSALLYPORT_EVENT=audit.failed\n"
              "SALLYPORT_ERROR\n\x0f\0\0\0\0\0\0\0no room\non disk\nSALLYPORT_RECORDS=2\n"
              "MESSAGE=audit.failed error=\"no room\\x0aon disk\" records=2\n"s);
}

TEST(Log, WithoutAJournalLinesGoToStandardError) {
    const auto said = written({.target = Target::journal, .journal_socket = "/nowhere/socket"}, [] {
        info("link.up", {{"hub", "prod"}});
    });
    EXPECT_THAT(said, EndsWith(" tested info link.up hub=prod\n"));
}

}  // namespace
}  // namespace sallyport::log
