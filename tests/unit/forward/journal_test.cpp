#include "forward/journal.hpp"

#include "base/journal_field.hpp"
#include "forward/journal_target.hpp"
#include "net/blocking_pool.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/unit/forward/log_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::forward {
namespace {

audit::Record example(audit::Sequence sequence = 7) {
    auto record = audit::parse_record(
        record_line(sequence, "exchange.end", R"(,"outcome":"refused","status":403,"a b":1)"));
    if (!record) ADD_FAILURE() << record.error().detail;
    return std::move(*record);
}

TEST(Journal, FieldWithANewlineSaysItsLength) {
    std::string out;
    append_journal_field(out, "A", "x");
    append_journal_field(out, "B", "y\nz");
    EXPECT_EQ(out, "A=x\nB\n" + std::string("\x03\0\0\0\0\0\0\0", 8) + "y\nz\n");
}

TEST(Journal, EntryHasTheRecordAsFields) {
    EXPECT_EQ(journal_entry("sallyport", example(), "{}"),
              "MESSAGE={}\nPRIORITY=4\nSYSLOG_FACILITY=13\nSYSLOG_IDENTIFIER=sallyport-audit\n"
              "SALLYPORT_SEQ=7\nSALLYPORT_EVENT=exchange.end\n"
              "SALLYPORT_TIME=2025-03-01T12:00:00.000007Z\n"
              "SALLYPORT_OUTCOME=refused\nSALLYPORT_STATUS=403\n");
}

/// What stands at the end of the socket.
class FakeJournal {
public:
    explicit FakeJournal(const std::filesystem::path& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.string().copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    std::string next() {
        std::string text(512 * 1024, '\0');
        const auto count = ::recv(socket_.get(), text.data(), text.size(), 0);
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }
    /// What comes as a file; empty if that may still be changed.
    std::string next_file() {
        alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
        msghdr message{};
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC) != 0) return "not empty";
        const auto* header = CMSG_FIRSTHDR(&message);
        if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return "no file";
        int number = -1;
        std::memcpy(&number, CMSG_DATA(header), sizeof number);
        const FileDescriptor file(number);
        if ((::fcntl(file.get(), F_GET_SEALS) & F_SEAL_WRITE) == 0) return {};
        std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
        EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), std::ssize(text));
        return text;
    }

private:
    FileDescriptor socket_;
};

class JournalTargetTest : public ::testing::Test {
protected:
    Result<void> run(net::Task<Result<void>> task) {
        std::optional<Result<void>> done;
        net::TaskGroup group(loop);
        group.spawn("test", keep(std::move(task), done));
        EXPECT_TRUE(test::run_until(loop, [&] { return done.has_value(); }));
        test::settle(loop);
        return *done;
    }
    static net::Task<void> keep(net::Task<Result<void>> task, std::optional<Result<void>>& done) {
        done.emplace(co_await std::move(task));
    }

    test::TemporaryFolder folder;
    net::Loop loop;
    net::BlockingPool pool;
    net::Event event{loop.turn};
    Settings settings{.kind = Kind::journald, .path = folder.path() / "journal"};
    JournalTarget target{{loop, pool, event}, settings, "sallyport"};
};

TEST_F(JournalTargetTest, SendsADatagramForEachRecord) {
    FakeJournal journal(settings.path);
    ASSERT_TRUE(run(target.connect()));
    target.add(example(7), record_line(7));
    target.add(example(8), record_line(8));
    EXPECT_TRUE(run(target.flush()));
    const auto first = journal.next();
    EXPECT_TRUE(first.starts_with("MESSAGE=" + record_line(7))) << first;
    EXPECT_NE(journal.next().find("SALLYPORT_SEQ=8\n"), std::string::npos);
    EXPECT_EQ(journal.next(), "");
}

TEST_F(JournalTargetTest, WhatIsTooLongForADatagramGoesAsAFile) {
    FakeJournal journal(settings.path);
    ASSERT_TRUE(run(target.connect()));
    const auto longest = std::string(8'000'000, 'x');
    target.add(example(7), longest);
    target.add(example(8), record_line(8));
    EXPECT_TRUE(run(target.flush()));
    EXPECT_EQ(journal.next_file(), journal_entry("sallyport", example(7), longest));
    EXPECT_NE(journal.next().find("SALLYPORT_SEQ=8\n"), std::string::npos);
}

TEST_F(JournalTargetTest, WaitsForAJournalThatIsBusy) {
    FakeJournal journal(settings.path);
    ASSERT_TRUE(run(target.connect()));
    constexpr audit::Sequence many = 1000;  // more than the kernel keeps for a socket
    for (audit::Sequence sequence = 0; sequence < many; ++sequence)
        target.add(example(sequence), record_line(sequence));
    std::optional<Result<void>> done;
    net::TaskGroup group(loop);
    group.spawn("test", keep(target.flush(), done));
    test::settle(loop);
    EXPECT_FALSE(done);
    audit::Sequence seen = 0;
    EXPECT_TRUE(test::run_until(loop, [&] {
        while (!journal.next().empty()) ++seen;
        return done.has_value() && seen == many;
    }));
    EXPECT_TRUE(*done);
}

TEST_F(JournalTargetTest, WhatWasTakenBeforeItWentAwayDoesNotComeTwice) {
    auto journal = std::make_unique<FakeJournal>(settings.path);
    ASSERT_TRUE(run(target.connect()));
    constexpr audit::Sequence many = 1000;
    const auto add_all = [&] {
        for (audit::Sequence sequence = 0; sequence < many; ++sequence)
            target.add(example(sequence), record_line(sequence));
    };
    add_all();
    std::optional<Result<void>> done;
    net::TaskGroup group(loop);
    group.spawn("test", keep(target.flush(), done));
    test::settle(loop);
    ASSERT_FALSE(done);
    audit::Sequence seen = 0;
    while (!journal->next().empty()) ++seen;
    EXPECT_GT(seen, 0U);
    journal.reset();
    ASSERT_TRUE(test::run_until(loop, [&] { return done.has_value(); }));
    EXPECT_FALSE(*done);
    target.close();

    std::filesystem::remove(settings.path);
    FakeJournal again(settings.path);
    ASSERT_TRUE(run(target.connect()));
    add_all();
    target.add(example(many), record_line(many));
    done.reset();
    group.spawn("test", keep(target.flush(), done));
    EXPECT_TRUE(test::run_until(loop, [&] {
        for (auto entry = again.next(); !entry.empty(); entry = again.next())
            EXPECT_TRUE(entry.starts_with("MESSAGE=" + record_line(seen++)));
        return done.has_value() && seen > many;
    }));
    target.add(example(many), record_line(many));
    EXPECT_TRUE(run(target.flush()));
    EXPECT_NE(again.next(), "") << "only what failed is left out";
}

TEST_F(JournalTargetTest, SaysSoWhenThereIsNone) { EXPECT_FALSE(run(target.connect())); }

}  // namespace
}  // namespace sallyport::forward
