#include "audit/log.hpp"

#include "audit_fixture.hpp"

#include <condition_variable>
#include <mutex>
#include <set>
#include <sys/stat.h>
#include <thread>

namespace sallyport::audit {
namespace {

using std::chrono::microseconds;

class LogTest : public AuditTest {};

/// Waits for answers of sync().
class Answers {
public:
    std::function<void(bool)> expect() {
        const std::lock_guard lock(mutex_);
        ++expected_;
        return [this](bool ok) {
            const std::lock_guard inner(mutex_);
            answers_.push_back(ok);
            changed_.notify_all();
        };
    }
    std::vector<bool> wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return answers_.size() == expected_; });
        return answers_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t expected_ = 0;
    std::vector<bool> answers_;
};

TEST_F(LogTest, RecordsABeginAndItsEndAsAPair) {
    {
        const auto log = open();
        EXPECT_EQ(log->append(begin("x1")), 1U);
        clock.pass(microseconds(7));
        EXPECT_EQ(log->append(answered("x1")), 2U);
        ASSERT_TRUE(log->write());
    }
    const auto all = records();
    ASSERT_EQ(events(), (std::vector<std::string>{"log.opened", "exchange.begin", "exchange.end",
                                                  "log.closed"}));
    EXPECT_EQ(all[1].text("user"), "jane@corp.example");
    EXPECT_EQ(all[1].text("decision"), "allowed");
    EXPECT_EQ(all[1].configuration, std::string(16, 'a'));
    EXPECT_EQ(to_rfc3339(all[2].time), "2025-03-01T12:00:00.000007Z");
    EXPECT_EQ(all[2].number("begin"), 1U);
    EXPECT_EQ(all[2].number("status"), 200U);
    EXPECT_EQ(all[2].number("duration_us"), 1500U);
    EXPECT_EQ(all[2].text("reason"), "");
}

TEST_F(LogTest, WritesTheRecordsOfATurnInOneCallAndWhatTheySayOfPersonsInAnother) {
    const auto log = open();
    disk.writes = 0;
    for (int i = 0; i < 100; ++i) {
        log->append(begin(std::to_string(i)));
        log->append(answered(std::to_string(i)));
    }
    ASSERT_TRUE(log->write());
    EXPECT_EQ(disk.writes, 2);
    ASSERT_TRUE(log->write());
    EXPECT_EQ(disk.writes, 2) << "nothing to write, no call";
}

TEST_F(LogTest, GoesOnWithTheChainAfterARestart) {
    { open(); }
    { open(); }
    const auto all = records();
    ASSERT_EQ(all.size(), 4U);
    for (Sequence i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, i);
    EXPECT_EQ(all[0].prev, std::string(64, '0'));
}

TEST_F(LogTest, KeepsFilesFromOthers) {
    const auto log = open();
    struct stat file {};
    ASSERT_EQ(::stat(first_segment().c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0640U);
    ASSERT_EQ(::stat(folder.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0750U);
}

TEST_F(LogTest, HasOneWriterPerFolder) {
    const auto log = open();
    const auto second = try_open();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::conflict);
    EXPECT_NE(second.error().detail.find(folder.string()), std::string::npos);
}

TEST_F(LogTest, RefusesADigestThatIsNone) {
    auto with = settings();
    with.configuration = "\"}";
    const auto log = Log::open(with, environment());
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, Errc::malformed);
}

TEST_F(LogTest, StartsANewSegmentAtTheSizeAndGoesOnWithTheChain) {
    auto with = settings();
    with.segment_bytes_max = 2000;
    {
        const auto log = open(with);
        for (int i = 0; i < 20; ++i) {
            log->append(begin(std::to_string(i)));
            log->append(answered(std::to_string(i)));
        }
        ASSERT_TRUE(log->write());
    }
    const auto segments = *list_segments(folder);
    ASSERT_GT(segments.size(), 3U);
    for (std::size_t i = 1; i < segments.size(); ++i) {
        auto lines = LineReader::open(segments[i].path);
        ASSERT_TRUE(lines);
        const auto line = *lines->next();
        ASSERT_TRUE(line);
        const auto first = *parse_record(line->bytes);
        EXPECT_EQ(first.event, "segment.opened");
        EXPECT_EQ(first.sequence, segments[i].first);
        EXPECT_EQ(first.text("previous"), segments[i - 1].path.filename().string());
        EXPECT_EQ(first.number("previous_bytes"), segments[i - 1].bytes);
    }
    const auto all = records();
    for (Sequence i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, i);
}

TEST_F(LogTest, TheLevelDecidesWhatIsRecorded) {
    const ExchangeEnd refused{
        .exchange = "r", .outcome = outcome::refused, .status = 403, .path = "/secret"};
    struct Case {
        Level level;
        std::vector<std::string> expected;
    };
    const Case cases[] = {
        {Level::all,
         {"log.opened", "exchange.begin", "exchange.end", "exchange.end", "link.up", "log.closed"}},
        {Level::security, {"log.opened", "exchange.end", "link.up", "log.closed"}},
        {Level::off, {"log.opened", "log.closed"}}};
    for (const auto& [level, expected] : cases) {
        auto with = settings();
        with.level = level;
        {
            const auto log = open(with);
            EXPECT_EQ(log->append(begin("a")) == not_recorded, level != Level::all);
            log->append(answered("a"));
            log->append(refused);
            log->append(LinkUp{.hub = "prod", .link = "1"});
        }
        EXPECT_EQ(events(), expected) << to_text(level);
        EXPECT_EQ(records().front().text("level"), to_text(level));
        std::filesystem::remove_all(folder);
    }
}

TEST_F(LogTest, ABeginOnRecordGetsItsEndWhateverTheLevelBecame) {
    {
        const auto log = open();
        log->append(begin("a"));
        ASSERT_TRUE(
            log->reconfigure({.level = Level::off, .configuration = configuration_b}, "uid:0"));
        log->append(answered("a"));
        log->append(begin("b"));
        log->append(answered("b"));
    }
    EXPECT_EQ(events(), (std::vector<std::string>{"log.opened", "exchange.begin", "config.changed",
                                                  "exchange.end", "log.closed"}));
    const auto changed = records()[2];
    EXPECT_EQ(changed.text("before"), configuration_a);
    EXPECT_EQ(changed.text("after"), configuration_b);
    EXPECT_EQ(changed.text("who"), "uid:0");
    EXPECT_EQ(changed.text("level"), "off");
    EXPECT_EQ(records()[3].configuration, std::string(16, 'b'));
}

TEST_F(LogTest, AConfigurationThatIsInForceAlreadyIsNoChange) {
    {
        const auto log = open();
        const Policy policy{.durability = settings().durability, .configuration = configuration_a};
        ASSERT_TRUE(log->reconfigure(policy, "uid:0"));
        auto other = policy;
        other.configuration = configuration_b;
        ASSERT_TRUE(log->reconfigure(other, "uid:0"));
        ASSERT_TRUE(log->reconfigure(other, "uid:0"));
        other.retention.days = 1;
        ASSERT_TRUE(log->reconfigure(other, "uid:0"));
    }
    EXPECT_EQ(events(), (std::vector<std::string>{"log.opened", "config.changed", "config.changed",
                                                  "log.closed"}));
}

TEST_F(LogTest, RecordsAStepOfTheWallClock) {
    {
        const auto log = open();
        clock.pass(std::chrono::hours(24));  // asleep, say: no step
        log->append(LinkUp{});
        clock.instant.wall -= std::chrono::hours(1);
        log->append(LinkDown{});
    }
    EXPECT_EQ(events(),
              (std::vector<std::string>{"log.opened", "segment.sealed", "segment.opened", "link.up",
                                        "clock.step", "link.down", "log.closed"}));
    EXPECT_EQ(records()[4].text("expected"), "2025-03-02T12:00:00.000000Z");
    EXPECT_EQ(records()[4].fields.at("step_us").as_int64(), -3'600'000'000);
}

TEST_F(LogTest, SeesAStepWhileItWasClosed) {
    { open(); }
    clock.instant.wall += std::chrono::minutes(10);
    { open(); }
    EXPECT_EQ(events()[2], "clock.step");
}

TEST_F(LogTest, StopsAtTheFirstFailedWriteAndTriesNothingAgain) {
    const auto log = open();
    disk.writes_left = 0;
    log->append(begin("a"));
    const auto written = log->write();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code.value(), ENOSPC);
    EXPECT_FALSE(log->healthy());
    EXPECT_FALSE(log->admits());

    disk.writes_left = 100;
    disk.writes = 0;
    EXPECT_EQ(log->append(begin("b")), not_recorded);
    EXPECT_FALSE(log->write());
    EXPECT_EQ(disk.writes, 0);
    EXPECT_EQ(log->dropped(), 2U);
    EXPECT_EQ(events(), (std::vector<std::string>{"log.opened"}));
}

TEST_F(LogTest, DegradeAdmitsExchangesWhenTheLogFailed) {
    auto with = settings();
    with.on_failure = OnFailure::degrade;
    const auto log = open(with);
    disk.writes_left = 0;
    log->append(begin("a"));
    EXPECT_FALSE(log->write());
    EXPECT_FALSE(log->healthy());
    EXPECT_TRUE(log->admits());
}

TEST_F(LogTest, CutsOffTheLineThatAShortWriteLeft) {
    for (std::size_t accepts = 1; accepts < 800; accepts += 61) {
        {
            const auto log = open();
            log->append(begin("a"));
            log->append(answered("a"));
            disk.writes_left = 0;
            disk.accepts = accepts;
            EXPECT_FALSE(log->write());
            const auto kept = records();  // fails if a part of a line is left
            EXPECT_EQ(kept.size() + log->dropped(), 3U) << accepts;
            disk.writes_left = 1'000'000;
        }
        std::filesystem::remove_all(folder);
    }
}

TEST_F(LogTest, AnyWriteMayBeTheOneThatFails) {
    for (int n = 0; n < 12; ++n) {
        disk.writes_left = 1'000'000;
        auto with = settings();
        with.segment_bytes_max = 1500;
        {
            const auto log = open(with);
            disk.writes_left = n;
            disk.accepts = 333;
            for (int i = 0; i < 12; ++i) {
                log->append(begin("a"));
                log->append(answered("a"));
                const bool written = log->write().has_value();
                EXPECT_EQ(written, log->healthy());
            }
            EXPECT_FALSE(log->healthy());
        }
        const auto all = records();
        for (Sequence i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].sequence, i);
        disk.writes_left = 1'000'000;
        { open(); }
        EXPECT_EQ(records().back().event, "log.closed");
        std::filesystem::remove_all(folder);
    }
}

TEST_F(LogTest, SyncAnswersWhenTheRecordIsOnTheDisk) {
    auto with = settings();
    with.durability = Durability::power;
    const auto log = open(with);
    Answers answers;
    const auto sequence = log->append(begin("a"));
    disk.syncs = 0;
    log->sync(sequence, answers.expect());
    EXPECT_EQ(answers.wait(), std::vector<bool>{true});
    EXPECT_EQ(disk.syncs, 2) << "records, and what they say of persons";
    EXPECT_EQ(events().back(), "exchange.begin") << "it wrote what nobody had written";

    log->sync(sequence, answers.expect());
    log->sync(not_recorded, answers.expect());
    EXPECT_EQ(answers.wait(), (std::vector<bool>{true, true, true}));
    EXPECT_EQ(disk.syncs, 2) << "durable already";
}

TEST_F(LogTest, SyncSaysNoWhenTheDiskFailed) {
    const auto log = open();
    disk.syncs_left = 0;
    Answers answers;
    log->sync(log->append(begin("a")), answers.expect());
    EXPECT_EQ(answers.wait(), std::vector<bool>{false});
    EXPECT_FALSE(log->healthy());
    disk.syncs_left = 100;
    log->sync(not_recorded, answers.expect());
    EXPECT_EQ(answers.wait(), (std::vector<bool>{false, false}));
    EXPECT_FALSE(log->write());
}

TEST_F(LogTest, SyncAfterCloseSaysNoAndBeforeItIsAnswered) {
    const auto log = open();
    Answers answers;
    log->sync(log->append(begin("a")), answers.expect());
    log->close();
    EXPECT_EQ(answers.wait(), std::vector<bool>{true});
    log->sync(0, answers.expect());
    EXPECT_EQ(answers.wait(), (std::vector<bool>{true, false}));
    EXPECT_EQ(log->append(begin("b")), not_recorded);
}

TEST_F(LogTest, TwoThreadsShareOneChain) {
    constexpr int exchanges = 500;
    const auto log = open();
    Answers answers;
    const auto run = [&](const std::string& name) {
        for (int i = 0; i < exchanges; ++i) {
            const auto id = name + std::to_string(i);
            const auto sequence = log->append(begin(id));
            EXPECT_TRUE(log->write());
            if (i % 50 == 0) log->sync(sequence, answers.expect());
            log->append(answered(id));
        }
        EXPECT_TRUE(log->write());
    };
    std::thread other(run, "b");
    run("a");
    other.join();
    answers.wait();
    log->close();

    const auto all = records();
    ASSERT_EQ(all.size(), 2U + 4 * exchanges);
    std::set<std::string> open_ids;
    for (Sequence i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].sequence, i);
        const std::string id(all[i].text("exchange"));
        if (all[i].event == "exchange.begin") {
            EXPECT_TRUE(open_ids.insert(id).second);
        }
        if (all[i].event == "exchange.end") {
            EXPECT_EQ(open_ids.erase(id), 1U);
        }
    }
    EXPECT_TRUE(open_ids.empty());
}

TEST_F(LogTest, StopsWhenNobodyWrites) {
    const auto log = open();
    const std::string path(10'000, 'p');
    auto event = begin("a");
    event.path = path;
    for (int i = 0; i < 2000 && log->healthy(); ++i) log->append(event);
    EXPECT_FALSE(log->healthy());
    const auto written = log->write();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::limit);
    EXPECT_GT(records().size(), 1000U) << "what it had is not thrown away";
}

}  // namespace
}  // namespace sallyport::audit
