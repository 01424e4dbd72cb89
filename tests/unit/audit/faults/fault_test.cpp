// Each system call of a life of the log fails once, one life per call: never a crash or a hang, and
// what the log promised is there when the disk is good again.
#include "../audit_fixture.hpp"
#include "audit/verify.hpp"
#include "failing_calls.hpp"

#include <fstream>
#include <future>
#include <set>

namespace sallyport::audit {
namespace {

constexpr int rounds = 3;
constexpr std::uint64_t segment_bytes = 3000;  // two or three rounds

class FaultTest : public AuditTest {
protected:
    void TearDown() override { FailingCalls::disarm(); }

    Environment good_disk() {
        return {.clock = &clock,
                .boot = "0f0f0f0f-0000-4000-8000-000000000001",
                .upkeep = false};  // whose thread would make calls when it likes
    }
    Settings small_segments() const {
        auto with = settings();
        with.segment_bytes_max = segment_bytes;
        return with;
    }

    /// What a process leaves that was killed: an exchange that is open, half a line.
    void leave_a_crash() {
        {
            auto log = Log::open(small_segments(), good_disk());
            ASSERT_TRUE(log);
            for (const auto* id : {"before-1", "before-2", "before-3"}) {
                (*log)->append(begin(id));
                (*log)->append(answered(id));
            }
            (*log)->append(begin("lost"));
            ASSERT_TRUE((*log)->write());
            crashed_ = snapshot();
        }
        const auto segments = list_segments(crashed_);
        ASSERT_TRUE(segments);
        std::ofstream(segments->back().path, std::ios::app) << R"({"seq":99,"prev":"to)";
    }
    void restore_the_crash() {
        std::filesystem::remove_all(folder);
        std::filesystem::copy(crashed_, folder, std::filesystem::copy_options::recursive);
    }

    bool is_durable(Log& log, Sequence up_to) {
        std::promise<bool> durable;
        auto answer = durable.get_future();
        log.sync(up_to, [&durable](bool done) { durable.set_value(done); });
        return answer.get();
    }

    /// One exchange, as the agent does it: written, or durable, before anybody hears of it.
    void exchange(Log& log, const std::string& id, bool power) {
        const auto sequence = log.append(begin(id));
        const bool safe = power ? is_durable(log, sequence) : log.write().has_value();
        if (safe && sequence != not_recorded) promised_.insert(id);
        log.append(answered(id));
        static_cast<void>(log.write());
    }

    /// Opens, works, changes segments, is repaired when it failed, packs what is finished, closes.
    void live() {
        promised_.clear();
        auto opened = Log::open(small_segments(), good_disk());
        if (!opened) return;  // it says no, and keeps nothing open
        Log& log = **opened;
        for (int round = 0; round < rounds; ++round) {
            exchange(log, "process-" + std::to_string(round), false);
            exchange(log, "power-" + std::to_string(round), true);
            if (!log.healthy()) {
                EXPECT_TRUE(log.failure());
                EXPECT_FALSE(log.write());
                const auto repaired = log.repair();
                EXPECT_EQ(repaired.has_value(), log.healthy());
            }
        }
        auto changed = Policy{.configuration = configuration_b};
        static_cast<void>(log.reconfigure(changed, "test"));
        static_cast<void>(log.seal(not_recorded));
        log.look_after();
        log.close();
    }

    void expect_everything_promised(const std::string& where) {
        SCOPED_TRACE(where);
        {
            auto log = Log::open(small_segments(), good_disk());
            ASSERT_TRUE(log) << to_text(log.error());
            EXPECT_TRUE((*log)->healthy());
        }
        const auto report = verify(folder);
        ASSERT_TRUE(report) << to_text(report.error());
        EXPECT_TRUE(report->good())
            << (report->problems.empty() ? "" : report->problems.front().text);
        EXPECT_EQ(report->exchanges_open, 0U);
        std::set<std::string> on_record;
        for (const auto& record : records())
            if (record.event == "exchange.begin") on_record.emplace(record.text("exchange"));
        for (const auto& id : promised_) EXPECT_EQ(on_record.count(id), 1U) << id;
        for (const auto& file : std::filesystem::directory_iterator(folder))
            EXPECT_FALSE(file.path().filename().string().starts_with("generation-"))
                << "a log that was not damaged was given up";
    }

    /// One life for each call that it makes.
    void every_call_fails(FailingCalls::Fault fault) {
        ASSERT_NO_FATAL_FAILURE(leave_a_crash());
        for (long n = 0;; ++n) {
            restore_the_crash();
            FailingCalls::arm(n, fault);
            live();
            FailingCalls::disarm();
            expect_everything_promised("call " + std::to_string(n));
            if (HasFailure()) return;  // the first one tells enough
            if (n < FailingCalls::count()) continue;
            RecordProperty("calls", static_cast<int>(n));
            EXPECT_GT(n, 30) << "the calls are not seen";
            EXPECT_EQ(promised_.size(), 2U * rounds) << "without a fault";
            return;
        }
    }

    std::filesystem::path crashed_;
    std::set<std::string> promised_;
};

using How = FailingCalls::How;

TEST_F(FaultTest, AnErrorOfTheDiskOnce) { every_call_fails({EIO, How::once}); }
TEST_F(FaultTest, ADiskThatIsGone) { every_call_fails({EIO, How::from_then_on}); }
TEST_F(FaultTest, NoRoomOnce) { every_call_fails({ENOSPC, How::once}); }
TEST_F(FaultTest, NoRoomAnyMore) { every_call_fails({ENOSPC, How::from_then_on}); }
TEST_F(FaultTest, AWriteThatIsShort) { every_call_fails({0, How::in_part}); }

}  // namespace
}  // namespace sallyport::audit
