// What a start makes durable before anything is signed.
#include "audit/disclosure.hpp"
#include "audit_fixture.hpp"
#include "recording_disk.hpp"

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;

class UntoldChangeTest : public AuditTest {
protected:
    /// Of a log that has failed: then it is repaired.
    void reload_and_repair(Log& log) {
        EXPECT_FALSE(log.healthy());
        EXPECT_FALSE(log.reconfigure({.configuration = configuration_b},
                                     {.who = "uid:7", .changes = "log_level changed"}));
        disk.writes_left = 1'000'000;
        ASSERT_TRUE(log.repair());
    }
    void expect_told() const {
        const auto all = records();
        ASSERT_GE(all.size(), 2U);
        EXPECT_EQ(all[0].event, "log.opened");
        EXPECT_EQ(all[0].text("configuration"), configuration_b);
        EXPECT_EQ(all[1].event, "config.changed");
        EXPECT_EQ(all[1].text("who"), "uid:7");
        EXPECT_EQ(all[1].text("before"), configuration_a);
        EXPECT_EQ(all[1].text("after"), configuration_b);
        EXPECT_EQ(all[1].text("changes"), "log_level changed");
    }
};

TEST_F(UntoldChangeTest, AReloadBeforeTheFirstRecordIsOnRecordBehindIt) {
    disk.writes_left = 0;
    const auto log = open();
    reload_and_repair(*log);
    expect_told();
}

TEST_F(UntoldChangeTest, AReloadBeforeTheRepairPutsTheLogAsideIsOnRecordInTheNewOne) {
    const auto log = open();
    disk.writes_left = 0;
    log->append(LinkUp{});
    EXPECT_FALSE(log->write());
    fs::remove(folder / "vkeys");
    reload_and_repair(*log);
    EXPECT_NE(log->broken(), "");
    expect_told();
}

class DurableStartTest : public AuditTest {
protected:
    Settings small() const {
        auto with = settings();
        with.segment_bytes_max = 1500;
        return with;
    }
    void fill(Log& log) const {
        for (int i = 0; i < 12; ++i) log.append(begin(std::to_string(i)));
        ASSERT_TRUE(log.write());
    }
    /// So that a file that is written again can be told.
    void make_old() const {
        for (const auto& entry : fs::directory_iterator(folder)) fs::last_write_time(entry, old_);
    }
    bool is_rewritten(const fs::path& path) const { return fs::last_write_time(path) != old_; }
    /// The files that were durable when the first checkpoint was written.
    std::set<std::string> synced_before_sealing() {
        std::set<std::string> synced;
        bool sealed = false;
        disk_.before_write = [&](const std::string& file) {
            if (sealed || !file.ends_with(".cp")) return;
            sealed = true;
            synced = disk_.synced();
        };
        auto environment = AuditTest::environment();
        environment.disk = &disk_;
        const auto log = Log::open(small(), environment);
        EXPECT_TRUE(log && (*log)->healthy());
        EXPECT_TRUE(sealed);
        return synced;
    }

private:
    const fs::file_time_type old_ = fs::file_time_type::clock::now() - std::chrono::hours(24);
    RecordingDisk disk_;
};

TEST_F(DurableStartTest, NothingIsSignedThatAKilledProcessLeftInThePageCache) {
    fs::path killed;
    {
        const auto log = open(small());
        fill(*log);
        killed = snapshot();
    }
    folder = killed;
    make_old();
    const auto segments = *list_segments(folder);
    ASSERT_GT(segments.size(), 3U);
    const auto synced = synced_before_sealing();
    for (const auto& segment : segments)
        for (const auto& path : {segment.path, disclosures_path(segment)}) {
            EXPECT_TRUE(synced.contains(path.filename().string())) << path;
            EXPECT_TRUE(is_rewritten(path)) << path << ": an fdatasync may have failed before";
        }
}

TEST_F(DurableStartTest, WhatWasSignedIsNotWrittenAgain) {
    { fill(*open(small())); }
    make_old();
    const auto segments = *list_segments(folder);
    ASSERT_GT(segments.size(), 3U);
    const auto synced = synced_before_sealing();
    for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
        EXPECT_FALSE(synced.contains(segments[i].path.filename().string()));
        EXPECT_FALSE(is_rewritten(segments[i].path));
        EXPECT_FALSE(is_rewritten(disclosures_path(segments[i])));
    }
}

}  // namespace
}  // namespace sallyport::audit
