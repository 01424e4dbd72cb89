#include "audit/recovery.hpp"

#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "certs/sha256.hpp"

#include <sys/wait.h>

namespace sallyport::audit {
namespace {

class RecoveryTest : public AuditTest {
protected:
    /// Opens and closes the log in the snapshot.
    void restart(const std::filesystem::path& where) {
        auto with = settings();
        with.folder = where;
        ASSERT_TRUE(Log::open(with, environment()));
    }
    static void expect_verified(const std::filesystem::path& where) {
        const auto report = verify(where);
        ASSERT_TRUE(report);
        for (const auto& problem : report->problems)
            ADD_FAILURE() << problem.file << ":" << problem.line << ": " << problem.text;
    }
};

TEST_F(RecoveryTest, AnEmptyFolderBeginsALog) {
    std::filesystem::create_directory(folder);
    const auto recovered = recover(folder);
    ASSERT_TRUE(recovered);
    EXPECT_EQ(recovered->state.next, 0U);
    EXPECT_EQ(recovered->state.last, chain_start);
    EXPECT_FALSE(recovered->segment);
}

TEST_F(RecoveryTest, ATornTailIsMovedAsideAtEveryByte) {
    std::filesystem::path killed;
    std::string whole;
    std::size_t last_line = 0;
    {
        const auto log = open();
        log->append(begin("a"));
        ASSERT_TRUE(log->write());
        last_line = content().size();
        log->append(answered("a"));
        ASSERT_TRUE(log->write());
        whole = content();
        killed = snapshot();
    }
    for (auto cut = last_line; cut <= whole.size(); ++cut) {
        std::filesystem::remove_all(folder);
        std::filesystem::copy(killed, folder, std::filesystem::copy_options::recursive);
        set_content(whole.substr(0, cut));
        restart(folder);
        const auto torn = whole.substr(last_line, cut - last_line);
        const bool is_torn = cut > last_line && cut < whole.size();
        const auto all = records();
        ASSERT_EQ(all.size(), cut == whole.size() ? 5U : is_torn ? 6U : 5U) << cut;
        EXPECT_EQ(all[2].event, cut == whole.size() ? "exchange.end"
                                : is_torn           ? "log.recovered"
                                                    : "log.opened");
        if (is_torn) {
            EXPECT_EQ(all[2].number("torn_bytes"), torn.size());
            EXPECT_EQ(all[2].number("torn_lines"), 0U);
            EXPECT_EQ(all[2].text("sha256"), to_hex(certs::sha256(as_bytes(torn))));
            EXPECT_EQ(*read_file(folder / all[2].text("copy")), torn);
        }
        expect_verified(folder);
    }
}

TEST_F(RecoveryTest, BeginsWithoutAnEndAreClosedAsLost) {
    std::filesystem::path killed;
    {
        const auto log = open();
        log->append(begin("a"));
        log->append(begin("b"));
        log->append(begin("b"));  // the same id twice: the hub makes them
        log->append(answered("a"));
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    restart(killed);
    const auto all = records_of(killed);
    ASSERT_EQ(all.size(), 9U);
    EXPECT_EQ(all[5].event, "log.opened");
    EXPECT_EQ(all[5].number("lost"), 2U);
    for (const auto i : {6U, 7U}) {
        EXPECT_EQ(all[i].event, "exchange.end");
        EXPECT_EQ(all[i].text("exchange"), "b");
        EXPECT_EQ(all[i].text("outcome"), "lost");
        EXPECT_EQ(all[i].number("begin"), i - 4U);
    }
    restart(killed);
    EXPECT_EQ(records_of(killed)[9].number("lost"), 0U) << "closed once";
    expect_verified(killed);
}

TEST_F(RecoveryTest, FindsOpenExchangesInOlderSegments) {
    std::filesystem::path killed;
    auto with = settings();
    with.segment_bytes_max = 1500;
    {
        const auto log = open(with);
        log->append(begin("old"));
        for (int i = 0; i < 30; ++i) {
            log->append(begin("x"));
            log->append(answered("x"));
        }
        log->append(begin("new"));
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    ASSERT_GT(list_segments(killed)->size(), 5U);
    const auto recovered = recover(killed);
    ASSERT_TRUE(recovered);
    const auto lost = recovered->state.open.all();
    ASSERT_EQ(lost.size(), 2U);
    EXPECT_EQ(lost[0].id, "old");
    EXPECT_EQ(lost[1].id, "new");
}

TEST_F(RecoveryTest, AnEndThatOpensASegmentAndIsCutOffLeavesItsExchangeOpen) {
    std::filesystem::path killed;
    auto with = settings();
    with.segment_bytes_max = 1500;
    {
        const auto log = open(with);
        for (int i = 0; i < 30; ++i) {
            const auto id = std::to_string(i);
            log->append(begin(id));
            log->append(answered(id));
        }
        ASSERT_TRUE(log->write());
        killed = snapshot();
    }
    int cut = 0;
    const auto segments = *list_segments(killed);
    for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
        const auto lines = *read_file(segment->path);
        const auto first = lines.find('\n') + 1;
        const auto second = parse_record(lines.substr(first, lines.find('\n', first) + 1 - first));
        if (second && second->event == "exchange.end") {
            ASSERT_TRUE(replace_file(segment->path, lines.substr(0, first), 0640));
            const auto recovered = recover(killed);
            ASSERT_TRUE(recovered);
            const auto lost = recovered->state.open.all();
            ASSERT_EQ(lost.size(), 1U) << segment->path;
            EXPECT_EQ(lost[0].id, second->text("exchange"));
            ++cut;
        }
        std::filesystem::remove(segment->path);
    }
    EXPECT_GT(cut, 0);
}

TEST_F(RecoveryTest, DoesNotReadSegmentsThatNothingOpenIsIn) {
    auto with = settings();
    with.segment_bytes_max = 1500;
    {
        const auto log = open(with);
        for (int i = 0; i < 30; ++i) {
            log->append(begin("x"));
            log->append(answered("x"));
        }
    }
    const auto segments = *list_segments(folder);
    std::filesystem::remove(segments[0].path);
    const auto before = records().size();
    restart(folder);
    EXPECT_EQ(records().size(), before + 2);
}

TEST_F(RecoveryTest, ACopyOfATornTailIsNotWrittenOver) {
    { open(); }
    const auto whole = content();
    for (const auto* tail : {"first", "second"}) {
        set_content(whole + tail);
        ASSERT_TRUE(recover(folder));
    }
    const auto copy = first_segment().string() + "." + std::to_string(whole.size());
    EXPECT_EQ(*read_file(copy + ".torn"), "first");
    EXPECT_EQ(*read_file(copy + ".1.torn"), "second");
}

TEST_F(RecoveryTest, AnEmptyLastSegmentIsRemoved) {
    { open(); }
    ASSERT_TRUE(replace_file(folder / segment_name(2), "", 0640));
    restart(folder);
    EXPECT_EQ(list_segments(folder)->size(), 1U);
    expect_verified(folder);
}

TEST_F(RecoveryTest, ASegmentThatIsOneTornLineGivesWayToTheOneBefore) {
    { open(); }
    ASSERT_TRUE(replace_file(folder / segment_name(2), "{\"seq\":2,\"pr", 0640));
    restart(folder);
    EXPECT_EQ(events(), (std::vector<std::string>{"log.opened", "log.closed", "log.recovered",
                                                  "log.opened", "log.closed"}));
    EXPECT_EQ(*read_file(folder / (segment_name(2) + ".0.torn")), "{\"seq\":2,\"pr");
    expect_verified(folder);
}

TEST_F(RecoveryTest, WholeLinesThatAreNoRecordsAreMovedAsideAndRemembered) {
    { open(); }
    set_content(content() + "no record\nneither\n");
    restart(folder);
    EXPECT_EQ(records()[2].number("torn_lines"), 2U);
    const auto report = verify(folder);
    ASSERT_TRUE(report);
    ASSERT_EQ(report->problem_count, 1U);
    EXPECT_NE(report->problems[0].text.find("2 whole lines"), std::string::npos);
}

TEST_F(RecoveryTest, AKilledWriterLeavesALogThatGoesOn) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const auto child = ::fork();
    if (child == 0) {
        const auto log = Log::open(settings(), environment());
        if (!log) ::_exit(1);
        for (std::uint64_t i = 1; i < 1'000'000; ++i) {
            const auto id = std::to_string(i);
            (*log)->append(begin(id));
            if (!(*log)->write()) ::_exit(2);
            if (i == 200 && ::write(ready[1], "x", 1) != 1) ::_exit(3);
            if (i % 2 == 0) (*log)->append(answered(id));
        }
        ::_exit(4);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    ASSERT_TRUE(WIFSIGNALED(status));

    restart(folder);
    const auto report = verify(folder);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->good());
    EXPECT_GT(report->records, 200U);
    EXPECT_EQ(report->exchanges_open, 0U);
}

}  // namespace
}  // namespace sallyport::audit
