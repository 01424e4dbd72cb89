// How the key that seals the log is changed, and what a crash meanwhile leaves.
#include "audit/checkpoint_file.hpp"
#include "audit/log_keys.hpp"
#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

namespace fs = std::filesystem;

class KeyChangeTest : public AuditTest {
protected:
    LogKeys keys() const { return **LogKeys::read(folder); }
    std::vector<SignedCheckpoint> checkpoints() const {
        std::vector<SignedCheckpoint> all;
        const auto text = *read_file(folder / checkpoint_file_name(0));
        for (const auto note : split_notes(text).notes) {
            auto read = keys().verify(note);
            EXPECT_TRUE(read) << note;
            if (read) all.push_back(std::move(*read));
        }
        return all;
    }
};

TEST_F(KeyChangeTest, OneCheckpointIsSignedByBoth) {
    KeyChange change;
    {
        const auto log = open();
        log->append(begin("a"));
        const auto changed = log->change_key("uid:0");
        ASSERT_TRUE(changed) << to_text(changed.error());
        change = *changed;
        EXPECT_EQ(log->identity().vkey, change.after);
        EXPECT_EQ(log->sealed().size, change.size);
        log->append(answered("a"));
    }
    ASSERT_EQ(keys().known().size(), 2U);
    EXPECT_EQ(keys().known()[1].since, change.size);
    EXPECT_EQ(keys().newest().to_text(), change.after);
    std::vector<std::size_t> signers;
    for (const auto& read : checkpoints())
        for (const auto signer : read.signers) signers.push_back(signer);
    EXPECT_EQ(signers, (std::vector<std::size_t>{0, 0, 0, 1, 1}));
    const auto record = records()[2];
    EXPECT_EQ(record.event, "log.key_changed");
    EXPECT_EQ(record.text("before"), change.before);
    EXPECT_EQ(record.text("after"), change.after);
    EXPECT_EQ(record.text("who"), "uid:0");
    const auto log = open();
    EXPECT_EQ(log->broken(), "");
    EXPECT_EQ(log->identity().vkey, change.after);
}

TEST_F(KeyChangeTest, AnotherKindInTheConfigurationChangesIt) {
    { open(); }
    auto with = settings();
    with.key_kind = certs::KeyKind::p256;
    { EXPECT_EQ(open(with)->broken(), ""); }
    EXPECT_EQ(keys().newest().type(), tlog::KeyType::ecdsa);
    { open(with); }
    EXPECT_EQ(keys().known().size(), 2U) << "once";
}

TEST_F(KeyChangeTest, ACrashBeforeBothSignedUndoesIt) {
    const auto before = open()->identity();
    const auto key = certs::Key::generate(certs::KeyKind::ed25519);
    ASSERT_TRUE(replace_file(root / "audit.key.new", key->to_pem()->reveal(), 0600));
    { EXPECT_EQ(open()->identity().vkey, before.vkey); }
    EXPECT_FALSE(fs::exists(root / "audit.key.new"));
    EXPECT_EQ(keys().known().size(), 1U);
}

TEST_F(KeyChangeTest, ACrashAfterBothSignedIsFinished) {
    for (const bool listed : {false, true}) {
        std::string vkeys;
        fs::path killed;
        KeyChange change;
        {
            const auto log = open();
            vkeys = *read_file(folder / "vkeys");
            fs::copy_file(root / "audit.key", root / "old");
            change = *log->change_key("uid:0");
            killed = snapshot();
        }
        fs::rename(root / "audit.key", root / "audit.key.new");
        fs::rename(root / "old", root / "audit.key");
        if (!listed) {
            ASSERT_TRUE(replace_file(killed / "vkeys", vkeys, 0640));
        }
        fs::remove_all(folder);
        fs::rename(killed, folder);
        {
            const auto log = open();
            EXPECT_EQ(log->broken(), "");
            EXPECT_EQ(log->identity().vkey, change.after);
        }
        EXPECT_EQ(keys().known().size(), 2U);
        EXPECT_EQ(keys().known()[1].since, change.size);
        EXPECT_FALSE(fs::exists(root / "audit.key.new"));
        fs::remove_all(folder);
        fs::remove(root / "audit.key");
    }
}

TEST_F(KeyChangeTest, AnyStepMayFailAndARepairGoesOn) {
    for (int n = 0; n < 3; ++n) {
        auto log = open();
        disk.writes_left = n;
        const auto changed = log->change_key("uid:0");
        EXPECT_EQ(changed.has_value(), n > 1);
        disk.writes_left = 1'000'000;
        ASSERT_TRUE(log->repair());
        log->append(LinkUp{.link = "1.1"});
        const auto sealed = log->seal(not_recorded);
        EXPECT_EQ(sealed->size, records().size());
        log.reset();
        { EXPECT_EQ(open()->broken(), ""); }
        fs::remove_all(folder);
    }
}

TEST_F(KeyChangeTest, AFailedLogKeepsItsKey) {
    const auto log = open();
    disk.writes_left = 0;
    log->append(begin("a"));
    EXPECT_FALSE(log->write());
    EXPECT_FALSE(log->change_key("uid:0"));
    disk.writes_left = 1'000'000;
    EXPECT_EQ(keys().known().size(), 1U);
}

}  // namespace
}  // namespace sallyport::audit
