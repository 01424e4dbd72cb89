// Each system call of an erasure fails, or is the last one of the process: at the next start what
// is gone is on record, with its number; and after a kill all of it is gone, or nothing.
#include "../audit_fixture.hpp"
#include "audit/disclosure.hpp"
#include "audit/erasure.hpp"
#include "audit/verify.hpp"
#include "failing_calls.hpp"

#include <map>

namespace sallyport::audit {
namespace {

constexpr std::uint64_t jane_count = 12;

class EraseFaultTest : public AuditTest {
protected:
    using How = FailingCalls::How;

    void TearDown() override { FailingCalls::disarm(); }

    std::unique_ptr<Log> open_small() {
        auto with = settings();
        with.segment_bytes_max = 3000;
        auto log = Log::open(
            with,
            {.clock = &clock, .boot = "0f0f0f0f-0000-4000-8000-000000000001", .upkeep = false});
        EXPECT_TRUE(log);
        return log ? std::move(*log) : nullptr;
    }
    static void append(Log& log, std::string_view user) {
        auto event = begin("x");
        event.user = user;
        log.append(event);
        log.append(answered("x"));
        ASSERT_TRUE(log.write());
    }
    /// Several segments, the last one open, with two persons in each.
    void prepare() {
        {
            const auto log = open_small();
            for (std::uint64_t i = 0; i < jane_count; ++i) {
                append(*log, "jane");
                append(*log, "john");
            }
        }
        ASSERT_GT(list_disclosures(folder)->size(), 3U);
        prepared_ = snapshot();
    }
    void restore() const {
        std::filesystem::remove_all(folder);
        std::filesystem::copy(prepared_, folder, std::filesystem::copy_options::recursive);
    }

    struct Found {
        std::uint64_t janes = 0;
        std::uint64_t johns = 0;
        std::uint64_t told = 0;  // values, in records of one commitment each
    };
    Found find() const {
        Found found;
        std::map<std::string, std::uint64_t, std::less<>> told;
        for (const auto& record : records()) {
            found.janes += record.text("user") == "jane" ? 1 : 0;
            found.johns += record.text("user") == "john" ? 1 : 0;
            if (record.event == "audit.erased")
                told[std::string(record.text("subject_c"))] = record.number("count").value_or(0);
        }
        for (const auto& [commitment, count] : told) found.told += count;
        return found;
    }
    void expect_nothing_left_behind() const {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
            if (entry.path().native().starts_with(prepared_.native())) continue;
            const auto name = entry.path().filename().string();
            EXPECT_FALSE(name.ends_with(".new") || name.ends_with(".tmp") ||
                         name.find(".erasure") != name.npos)
                << name;
        }
    }

    /// One erasure for each call that it makes. `killed`: nothing that comes after the call counts.
    void every_call_fails(FailingCalls::Fault fault, bool killed) {
        ASSERT_NO_FATAL_FAILURE(prepare());
        std::uint64_t finished = 0;
        for (long n = 0;; ++n) {
            SCOPED_TRACE("call " + std::to_string(n));
            restore();
            auto log = open_small();
            FailingCalls::arm(n, fault);
            const auto erased = log->erase({.subject = "jane", .reason = "asked for"}, "test");
            const auto calls = FailingCalls::count();
            if (!killed) FailingCalls::disarm();
            log.reset();
            FailingCalls::disarm();
            open_small()->close();
            const auto found = find();
            EXPECT_EQ(found.told, jane_count - found.janes) << "what is gone is on record";
            EXPECT_EQ(found.johns, jane_count);
            EXPECT_TRUE(!erased || found.janes == 0) << found.janes;
            EXPECT_TRUE(!killed || found.janes == 0 || found.janes == jane_count) << found.janes;
            finished += killed && !erased && found.janes == 0 ? 1 : 0;
            expect_nothing_left_behind();
            const auto report = verify(folder);
            ASSERT_TRUE(report && report->good());
            if (HasFailure()) return;  // the first one tells enough
            if (n < calls) continue;
            EXPECT_GT(n, 10) << "the calls are not seen";
            EXPECT_TRUE(!killed || finished > 10U) << "no start had anything to finish";
            return;
        }
    }

    std::filesystem::path prepared_;
};

TEST_F(EraseFaultTest, AKillAtAnyCall) { every_call_fails({EIO, How::from_then_on}, true); }
TEST_F(EraseFaultTest, AnErrorOnce) { every_call_fails({EIO, How::once}, false); }
TEST_F(EraseFaultTest, NoRoomOnce) { every_call_fails({ENOSPC, How::once}, false); }
TEST_F(EraseFaultTest, NoRoomAnyMore) { every_call_fails({ENOSPC, How::from_then_on}, false); }
TEST_F(EraseFaultTest, AWriteThatIsShort) { every_call_fails({0, How::in_part}, false); }

}  // namespace
}  // namespace sallyport::audit
