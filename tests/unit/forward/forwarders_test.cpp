#include "forward/forwarders.hpp"

#include "audit/checkpoint_file.hpp"
#include "audit/disclosure.hpp"
#include "base/file.hpp"
#include "net/blocking_pool.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/unit/forward/log_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::forward {
namespace {

class ForwardersTest : public ::testing::Test {
protected:
    ForwardersTest() { settings.path = target; }

    void start() {
        forwarders = std::make_unique<Forwarders>(
            loop, sweep, pool,
            Forwarders::Options{log.path(), log.root() / "forward", "sallyport"});
        forwarders->use({settings});
    }
    void stop() {
        net::TaskGroup group(loop);
        group.spawn("stop", forwarders->stop());
        EXPECT_TRUE(test::run_until_done(loop, group));
        forwarders.reset();
    }
    std::string arrived() const {
        const auto text = read_file(target);
        return text ? *text : "";
    }
    /// Records `from` to `to`, that one not.
    static std::string lines(audit::Sequence from, audit::Sequence to) {
        std::string text;
        for (auto sequence = from; sequence < to; ++sequence) text += record_line(sequence);
        return text;
    }
    bool arrives(const std::string& text) {
        return test::run_until(loop, [&] { return arrived() == text; });
    }
    /// What was written is known here a moment later.
    bool knows_of(audit::Sequence sequence) {
        return test::run_until(loop,
                               [&] { return forwarders->status().front().sequence == sequence; });
    }
    bool reaches(std::string_view state) {
        return test::run_until(loop, [&] {
            const auto all = forwarders->status();
            return all.size() == 1 && all.front().state == state;
        });
    }

    LogFolder log;
    std::filesystem::path target = log.root() / "audit.log";
    Settings settings{.name = "drop", .kind = Kind::file, .begin = Begin::start};
    net::Loop loop;
    net::IdleSweep sweep{loop};
    net::BlockingPool pool;
    std::unique_ptr<Forwarders> forwarders;
};

TEST_F(ForwardersTest, BringWhatIsThereAndWhatIsAdded) {
    log.append(0, 0, 3);
    start();
    EXPECT_TRUE(arrives(lines(0, 3)));
    log.append(0, 3, 4);
    EXPECT_TRUE(arrives(lines(0, 4)));
    log.append(4, 4, 6);
    EXPECT_TRUE(arrives(lines(0, 6)));
    EXPECT_TRUE(knows_of(5));
    const auto status = forwarders->status().front();
    EXPECT_EQ(status.delivered, 6U);
    EXPECT_EQ(status.lag_records, 0U);
    EXPECT_EQ(status.skipped, 0U);
    stop();
}

TEST_F(ForwardersTest, GoOnWhereTheyWereAfterARestart) {
    log.append(0, 0, 3);
    start();
    EXPECT_TRUE(arrives(lines(0, 3)));
    stop();
    log.append(0, 3, 5);
    start();
    EXPECT_TRUE(arrives(lines(0, 5)));
    stop();
}

TEST_F(ForwardersTest, BringWhatCameLastBeforeTheyStop) {
    log.append(0, 0, 1);
    start();
    EXPECT_TRUE(arrives(lines(0, 1)));
    log.append(0, 1, 400);
    stop();
    EXPECT_EQ(arrived(), lines(0, 400));
}

TEST_F(ForwardersTest, SendOnlyTheEventsThatAreWanted) {
    settings.events = {"log.*", "config.changed"};
    log.append(0, record_line(0, "log.opened") + record_line(1, "link.up") +
                      record_line(2, "config.changed"));
    start();
    EXPECT_TRUE(arrives(record_line(0, "log.opened") + record_line(2, "config.changed")));
    EXPECT_TRUE(knows_of(2));
    stop();
}

TEST_F(ForwardersTest, SendPersonalValuesOnlyIfTheyAreToldTo) {
    const auto salt = std::string(32, '0');
    const auto commitment = audit::commitment(audit::Salt{}, "jane");
    const auto line = record_line(0, "x.y", R"(,"user_c":")" + commitment + '"');
    std::ofstream(log.path() / audit::disclosures_name(0))
        << R"({"seq":0,"field":"user","salt":")" + salt + R"(","value":"jane"})" << '\n';
    log.append(0, line);
    start();
    EXPECT_TRUE(arrives(line));
    stop();
    settings.name = "named";
    settings.personal = true;
    settings.path = target = log.root() / "named.log";
    start();
    EXPECT_TRUE(arrives(record_line(0, "x.y", R"(,"user":"jane","user_c":")" + commitment + '"')));
    stop();
}

TEST_F(ForwardersTest, BeginAnewWhenTheFileWasRotatedAway) {
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(arrives(lines(0, 2)));
    std::filesystem::rename(target, target.string() + ".1");
    log.append(0, 2, 3);
    EXPECT_TRUE(arrives(lines(2, 3)));
    EXPECT_EQ(*read_file(target.string() + ".1"), lines(0, 2));
    stop();
}

TEST_F(ForwardersTest, EndALineThatALossOfPowerLeftUnfinished) {
    const std::string torn = R"({"seq":1,"pre)";
    std::ofstream(target) << torn;
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(arrives(torn + "\n" + lines(0, 2)));
    log.append(0, 2, 3);
    EXPECT_TRUE(arrives(torn + "\n" + lines(0, 3)));
    stop();
}

TEST_F(ForwardersTest, SayHowFarTheirCursorIs) {
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(arrives(lines(0, 2)));
    const auto kept = [&] { return forwarders->status().front().kept == 1U; };
    EXPECT_TRUE(test::run_until(loop, kept));
    stop();
}

TEST_F(ForwardersTest, WaitForAFullFileToBeRotatedAndLoseNothing) {
    settings.size_max = lines(0, 2).size();
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(arrives(lines(0, 2)));
    log.append(0, 2, 3);
    EXPECT_TRUE(reaches("waiting"));
    const auto status = forwarders->status().front();
    EXPECT_EQ(status.lag_records, 1U);
    EXPECT_NE(status.why.find("size_max"), std::string::npos) << status.why;
    EXPECT_EQ(arrived(), lines(0, 2));
    std::filesystem::rename(target, target.string() + ".1");
    EXPECT_TRUE(arrives(lines(2, 3)));
    EXPECT_TRUE(reaches("connected"));
    stop();
}

TEST_F(ForwardersTest, NewOneKeepsItsPlaceWhileItsTargetHasNeverBeenThere) {
    settings.begin = Begin::end;
    settings.path = log.root() / "missing" / "audit.log";
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(reaches("waiting"));
    log.append(0, 2, 4);
    stop();
    settings.path = target;
    start();
    EXPECT_TRUE(arrives(lines(2, 4)));
    stop();
}

TEST_F(ForwardersTest, ReloadStartsStopsAndChangesThem) {
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(arrives(lines(0, 2)));
    auto other = settings;
    other.path = log.root() / "other.log";
    forwarders->use({other});
    const auto changed = [&] {
        const auto all = forwarders->status();
        return all.size() == 1 && all.front().settings == other;
    };
    ASSERT_TRUE(test::run_until(loop, changed));
    log.append(0, 2, 3);
    const auto moved = [&] {
        const auto text = read_file(other.path);
        return text && *text == lines(2, 3);
    };
    EXPECT_TRUE(test::run_until(loop, moved));
    EXPECT_EQ(arrived(), lines(0, 2));
    forwarders->use({});
    EXPECT_TRUE(test::run_until(loop, [&] { return forwarders->status().empty(); }));
    stop();
}

TEST_F(ForwardersTest, BringTheLogThatARepairBegins) {
    log.append(0, 0, 3);
    log.append(3, 3, 9);
    start();
    EXPECT_TRUE(arrives(lines(0, 9)));
    log.put_aside();
    const auto first = record_line(0, "log.opened");
    log.append(0, first);
    EXPECT_TRUE(arrives(lines(0, 9) + first));
    log.append(0, 1, 2);
    EXPECT_TRUE(arrives(lines(0, 9) + first + lines(1, 2)));
    EXPECT_TRUE(knows_of(1));
    stop();
}

TEST_F(ForwardersTest, PutASegmentOnlyWhenItsLastCheckpointIsThere) {
    settings.kind = Kind::sftp;
    settings.host = "127.0.0.1";
    settings.key_file = log.root() / "missing";
    log.append(0, 0, 3);
    log.append(3, 3, 4);
    std::ofstream(log.path() / audit::checkpoint_file_name(0)) << "notes\n";
    start();
    EXPECT_TRUE(reaches("connected")) << "there is nothing to do";
    EXPECT_EQ(forwarders->status().front().lag_records, 0U);
    std::ofstream(log.path() / audit::checkpoint_file_name(3)) << "notes\n";
    EXPECT_TRUE(reaches("waiting"));
    EXPECT_EQ(forwarders->status().front().lag_records, 3U);
    stop();
}

TEST_F(ForwardersTest, DamagedCursorRatherSendsTooMuch) {
    settings.begin = Begin::end;
    std::filesystem::create_directory(log.root() / "forward");
    std::ofstream(log.root() / "forward" / "drop.cursor") << "0 1";
    log.append(0, 0, 2);
    start();
    EXPECT_TRUE(arrives(lines(0, 2)));
    stop();
}

}  // namespace
}  // namespace sallyport::forward
