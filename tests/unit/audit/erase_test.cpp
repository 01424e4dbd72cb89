// Erasing what the log discloses of somebody, while it goes on.
#include "audit/disclosure.hpp"
#include "audit/erasure.hpp"
#include "audit/erasure_intent.hpp"
#include "audit/query.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"
#include "recording_disk.hpp"

#include <future>
#include <set>
#include <thread>

namespace sallyport::audit {
namespace {

class EraseTest : public AuditTest {
protected:
    std::unique_ptr<Log> open_small() {
        auto with = settings();
        with.segment_bytes_max = 3000;
        return open(with);
    }
    std::unique_ptr<Log> open_on(RecordingDisk& recording) {
        auto with = settings();
        with.segment_bytes_max = 3000;
        auto environment = AuditTest::environment();
        environment.disk = &recording;
        auto log = Log::open(with, environment);
        EXPECT_TRUE(log);
        return std::move(*log);
    }
    static void append(Log& log, std::string_view user, std::string_view principal = {}) {
        auto event = begin("x");
        event.user = user;
        event.principal = principal;
        log.append(event);
    }
    /// All bytes of all files that hold disclosures.
    std::string disclosed() const {
        std::string text;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
            if (entry.path().native().find(".pii") != std::string::npos)
                text += *read_file(entry.path(), 1 << 30);
        return text;
    }
    std::vector<std::string> users() const {
        std::vector<std::string> all;
        for (const auto& record : records())
            if (record.event == "exchange.begin") all.emplace_back(record.text("user"));
        return all;
    }
    bool good() const {
        const auto report = verify(folder);
        EXPECT_TRUE(report);
        for (const auto& problem : report->problems) ADD_FAILURE() << problem.text;
        return report->good();
    }
    Record last_record() const { return records().back(); }
};

TEST_F(EraseTest, TakesOneNameOutOfAllSegmentsAndEveryProofHolds) {
    const auto log = open_small();
    for (int i = 0; i < 10; ++i) {
        append(*log, "jane", "x509:CN=jane");
        append(*log, "john");
    }
    const auto before = content();
    const auto erased = log->erase({.subject = "jane", .reason = "asked for"}, "uid:7");
    ASSERT_TRUE(erased) << to_text(erased.error());
    EXPECT_EQ(erased->count, 20U) << "the principal of those records as well";
    EXPECT_GT(erased->segments, 3U);
    EXPECT_EQ(disclosed().find("jane"), std::string::npos);
    const auto all = users();
    ASSERT_EQ(all.size(), 20U);
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(all[i], i % 2 == 0 ? "(erased)" : "john");
    EXPECT_TRUE(content().starts_with(before)) << "no record was touched";
    EXPECT_TRUE(good());
    for (const auto& file : *list_disclosures(folder)) EXPECT_FALSE(file.unfinished);
}

TEST_F(EraseTest, IsOnRecordWithoutTheNameAndTheReceiptProvesWhose) {
    const auto log = open();
    append(*log, "jane");
    const auto erased = log->erase({.subject = "jane", .reason = "GDPR 17"}, "uid:7");
    ASSERT_TRUE(erased);
    const auto record = last_record();
    EXPECT_EQ(record.sequence, erased->record);
    EXPECT_EQ(record.event, "audit.erased");
    EXPECT_EQ(record.text("subject_c"), erased->subject_c);
    EXPECT_EQ(record.text("match"), "exact");
    EXPECT_EQ(record.text("reason"), "GDPR 17");
    EXPECT_EQ(record.text("who"), "uid:7");
    EXPECT_EQ(record.number("count"), 1U);
    EXPECT_EQ(record.number("segments"), 1U);
    EXPECT_EQ(content().find("jane"), std::string::npos);
    EXPECT_EQ(content().find(erased->salt), std::string::npos);
    const auto salted = std::string(as_text(*from_hex(erased->salt))) + "jane";
    EXPECT_EQ(to_hex(certs::sha256(as_bytes(salted))), erased->subject_c);
    EXPECT_GT(log->sealed().size, erased->record) << "it is sealed before it counts as done";
}

TEST_F(EraseTest, TheLogGoesOnInTheNewFile) {
    const auto log = open();
    append(*log, "jane");
    append(*log, "john");
    ASSERT_TRUE(log->erase({.subject = "jane"}, "test"));
    append(*log, "jane");
    ASSERT_TRUE(log->write());
    EXPECT_EQ(users(), (std::vector<std::string>{"(erased)", "john", "jane"}));
    EXPECT_TRUE(good());
}

TEST_F(EraseTest, APatternMustBeAskedFor) {
    const auto log = open();
    for (const auto* user : {"jane@a", "jane@b", "jack@a", "*@a"}) append(*log, user);
    EXPECT_EQ(log->erase({.subject = "*@a"}, "test")->count, 1U);
    EXPECT_EQ(log->erase({.subject = "jane@*", .pattern = true}, "test")->count, 2U);
    EXPECT_EQ(users(), (std::vector<std::string>{"(erased)", "(erased)", "jack@a", "(erased)"}));
    EXPECT_FALSE(log->erase({.subject = ""}, "test"));
}

TEST_F(EraseTest, ADryRunOnlyCounts) {
    const auto log = open_small();
    for (int i = 0; i < 10; ++i) append(*log, "jane");
    const auto found = log->erase({.subject = "jane", .dry_run = true}, "test");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->count, 10U);
    EXPECT_EQ(found->record, not_recorded);
    EXPECT_EQ(users(), std::vector<std::string>(10, "jane"));
    EXPECT_EQ(last_record().event, "exchange.begin");
}

TEST_F(EraseTest, MayEndAtAMoment) {
    const auto log = open();
    append(*log, "jane");
    clock.pass(std::chrono::hours(1));
    const auto until = clock.now().wall;
    append(*log, "jane");
    EXPECT_EQ(log->erase({.subject = "jane", .until = until}, "test")->count, 1U);
    EXPECT_EQ(users(), (std::vector<std::string>{"(erased)", "jane"}));
    EXPECT_EQ(last_record().text("until"), to_rfc3339(until));
}

TEST_F(EraseTest, FindsNamesOfAnyBytes) {
    const auto log = open();
    const std::vector<std::string> names = {"say \"hi\" \\", "\xFF\x80", "grüße", "a\nb"};
    for (const auto& name : names) append(*log, name);
    for (const auto& name : names) EXPECT_EQ(log->erase({.subject = name}, "test")->count, 1U);
    EXPECT_EQ(users(), std::vector<std::string>(names.size(), "(erased)"));
}

TEST_F(EraseTest, ADiskThatFailsLeavesTheFileAsItWasAndTheLogGoesOn) {
    for (int failing = 0; failing < 2; ++failing) {
        folder = root / ("failing-" + std::to_string(failing));
        const auto log = open();
        append(*log, "jane");
        append(*log, "john");
        ASSERT_TRUE(log->write());
        // What is left cannot be written, or does not come to the disk.
        (failing == 0 ? disk.writes_left : disk.syncs_left) = 0;
        EXPECT_FALSE(log->erase({.subject = "jane"}, "test"));
        disk.writes_left = disk.syncs_left = 1'000'000;
        EXPECT_NE(disclosed().find("jane"), std::string::npos);
        for (const auto& file : *list_disclosures(folder)) EXPECT_FALSE(file.unfinished);
        ASSERT_TRUE(log->repair());
        ASSERT_TRUE(log->erase({.subject = "jane"}, "test"));
        EXPECT_EQ(disclosed().find("jane"), std::string::npos);
        EXPECT_TRUE(good());
    }
}

TEST_F(EraseTest, NobodyWaitsForTheDiskMeanwhile) {
    RecordingDisk recording;
    const auto log = open_on(recording);
    for (int i = 0; i < 30; ++i) append(*log, "jane");
    ASSERT_TRUE(log->seal(not_recorded));
    std::set<std::string> seen;
    recording.before_sync = [&](const std::string& file) {
        if (!file.ends_with(".new") || !seen.insert(file).second) return;
        const auto written = std::async(std::launch::async, [&] {
            append(*log, "john");
            return log->write().has_value();
        });
        EXPECT_EQ(written.wait_for(std::chrono::minutes(1)), std::future_status::ready) << file;
    };
    ASSERT_TRUE(log->erase({.subject = "jane"}, "test"));
    EXPECT_GT(seen.size(), 3U);
    EXPECT_EQ(std::ranges::count(users(), "john"), static_cast<std::ptrdiff_t>(seen.size()));
    EXPECT_EQ(disclosed().find("jane"), std::string::npos);
}

TEST_F(EraseTest, WhatIsDisclosedInTheOpenSegmentComesToTheDiskAllTheSame) {
    RecordingDisk recording;
    const auto log = open_on(recording);
    for (int i = 0; i < 10; ++i) append(*log, "jane");
    while (list_disclosures(folder)->size() < 5) {
        append(*log, "john");
        ASSERT_TRUE(log->write());
    }
    ASSERT_TRUE(log->seal(not_recorded));
    append(*log, "john");
    ASSERT_TRUE(log->write());
    recording.forget();
    ASSERT_TRUE(log->erase({.subject = "jane"}, "test"));
    EXPECT_TRUE(
        recording.synced().contains(list_disclosures(folder)->back().path.filename().string()));
}

TEST_F(EraseTest, WhatAFailedLogErasedIsFinishedAndOnRecordWithTheRepair) {
    RecordingDisk recording;
    const auto log = open_on(recording);
    for (int i = 0; i < 10; ++i) append(*log, "jane");
    ASSERT_TRUE(log->seal(not_recorded));
    int files = 0;
    recording.before_sync = [&](const std::string& file) {
        if (!file.ends_with(".new") || ++files != 2) return;
        recording.full = true;
        append(*log, "john");
        EXPECT_FALSE(log->write());
    };
    EXPECT_FALSE(log->erase({.subject = "jane", .reason = "asked for"}, "uid:7"));
    recording.full = false;
    EXPECT_GT(std::ranges::count(users(), "(erased)"), 0);
    EXPECT_GT(std::ranges::count(users(), "jane"), 0);
    ASSERT_TRUE(log->repair());
    EXPECT_EQ(std::ranges::count(users(), "jane"), 0);
    const auto all = records();
    const auto told = std::ranges::find(all, "audit.erased", &Record::event);
    ASSERT_NE(told, all.end());
    EXPECT_EQ(told->number("count"), 10U);
    EXPECT_EQ(told->text("reason"), "asked for");
    EXPECT_EQ(told->text("who"), "uid:7");
    EXPECT_EQ(told->text("subject_c").size(), 64U);
    EXPECT_FALSE(std::filesystem::exists(root / "audit.erasure"));
}

TEST_F(EraseTest, AnIntentGivesBackWhatItIsMadeOf) {
    const ErasureIntentFile file(folder);
    EXPECT_FALSE(file.read()->has_value());
    const ErasureIntent intent{.order = {.subject = "\xFF\"jane\"\n",
                                         .pattern = true,
                                         .until = clock.now().wall,
                                         .reason = "grüße \x80"},
                               .who = "uid:7",
                               .salt = "00ff",
                               .subject_c = "c",
                               .count = 7,
                               .segments = 2,
                               .file = "generation-0001/0.pii",
                               .values = 3};
    ASSERT_TRUE(file.write(intent));
    const auto read = file.read();
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->order.subject, intent.order.subject);
    EXPECT_TRUE((*read)->order.pattern);
    EXPECT_EQ((*read)->order.until, intent.order.until);
    EXPECT_EQ((*read)->order.reason, intent.order.reason);
    EXPECT_EQ((*read)->count, 7U);
    EXPECT_EQ((*read)->segments, 2U);
    EXPECT_EQ((*read)->file, intent.file);
    EXPECT_EQ((*read)->values, 3U);
    ASSERT_TRUE(replace_file(root / "audit.erasure", R"({"subject":"","count":-1})", 0600));
    EXPECT_FALSE(file.read()) << "half of it is none";
    ASSERT_TRUE(file.remove());
    EXPECT_TRUE(std::filesystem::is_empty(root));
}

TEST_F(EraseTest, AnIntentThatNobodyCanReadStopsFurtherOnesAndNothingElse) {
    ASSERT_TRUE(replace_file(root / "audit.erasure", "{}", 0600));
    const auto log = open();
    EXPECT_TRUE(log->healthy());
    append(*log, "jane");
    EXPECT_FALSE(log->erase({.subject = "jane"}, "test"));
    std::filesystem::remove(root / "audit.erasure");
    EXPECT_TRUE(log->erase({.subject = "jane"}, "test"));
}

TEST_F(EraseTest, ARecordThatIsStillBeingWrittenIsNotOld) {
    const auto log = open();
    append(*log, "jane");
    ASSERT_TRUE(log->write());
    const auto path = list_disclosures(folder)->front().path;
    const auto line = *read_file(path);
    auto next = line;
    next.replace(next.find(":1,"), 3, ":2,");  // its record does not stand there yet
    ASSERT_TRUE(replace_file(path, next, 0640));
    const auto until = clock.now().wall - std::chrono::hours(1);
    const auto erased = log->erase({.subject = "jane", .until = until}, "test");
    ASSERT_TRUE(erased) << to_text(erased.error());
    EXPECT_EQ(erased->count, 0U);
    EXPECT_EQ(*read_file(path), next);
}

TEST_F(EraseTest, WhatIsAppendedMeanwhileIsNotLost) {
    const auto log = open_small();
    constexpr int count = 500;
    std::thread writer([&] {
        for (int i = 0; i < count; ++i) {
            append(*log, "john");
            if (i % 5 == 0) static_cast<void>(log->write());
        }
        static_cast<void>(log->write());
    });
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(log->erase({.subject = "jane*", .pattern = true}, "t"));
    writer.join();
    log->close();
    const auto all = users();
    EXPECT_EQ(all.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(std::ranges::count(all, "john"), count);
    EXPECT_TRUE(good());
}

}  // namespace
}  // namespace sallyport::audit
