#include "certs/identity.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/identity_steps.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"
#include "tests/unit/certs/shared_keys.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>

namespace sallyport::certs {
namespace {

using test::Held;
using test::TemporaryFolder;

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
}

Result<Slot> prepare(IdentityStore& store, const Held& held) {
    const std::vector chain{held.certificate};
    const auto anchors = pki().anchors();
    return store.prepare(held.key, chain, anchors, pki().now());
}

SlotContent content_of(const Held& held) {
    // The same as prepare() writes, so that a test can stop in the middle.
    const TemporaryFolder scratch;
    auto store = IdentityStore::open(scratch.path() / "id").value();
    const auto slot = prepare(store, held).value();
    const auto folder = scratch.path() / "id" / to_text(slot);
    return {.key_pem = Secret(read_file(folder / key_file).value()),
            .chain_pem = read_file(folder / chain_file).value(),
            .anchors_pem = read_file(folder / anchors_file).value(),
            .meta_json = read_file(folder / meta_file).value()};
}

TEST(IdentityStore, IsEmptyAtFirst) {
    const TemporaryFolder folder;
    const auto store = IdentityStore::open(folder.path() / "state" / "identity").value();
    EXPECT_EQ(store.active_slot().error().code, Errc::not_found);
    EXPECT_EQ(store.load_active().error().code, Errc::not_found);
    EXPECT_EQ(store.load(Slot::a).error().code, Errc::not_found);
    EXPECT_EQ(mode_of(folder.path() / "state" / "identity"), 0700u);
}

TEST(IdentityStore, GivesBackWhatWasPreparedAndActivated) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    const auto held = pki().agent();
    const auto slot = prepare(store, held);
    ASSERT_TRUE(slot) << to_text(slot.error());
    EXPECT_FALSE(store.load_active());
    ASSERT_TRUE(store.activate(*slot));
    const auto identity = store.load_active();
    ASSERT_TRUE(identity) << to_text(identity.error());
    EXPECT_EQ(identity->slot, *slot);
    EXPECT_EQ(identity->key.public_key(), held.key.public_key());
    EXPECT_EQ(identity->chain, std::vector{held.certificate});
    EXPECT_EQ(identity->anchors, pki().anchors());
    EXPECT_EQ(identity->prepared_at, std::chrono::floor<std::chrono::seconds>(pki().now()));
    const auto reopened = IdentityStore::open(folder.path() / "id").value();
    EXPECT_EQ(reopened.load_active()->chain, identity->chain);
}

TEST(IdentityStore, KeepsTheKeyToItself) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    (void)store.pending_key().value();
    ASSERT_TRUE(store.activate(prepare(store, pki().agent()).value()));
    EXPECT_EQ(mode_of(folder.path() / "id"), 0700u);
    EXPECT_EQ(mode_of(folder.path() / "id/a"), 0700u);
    EXPECT_EQ(mode_of(folder.path() / "id/a/key.pem"), 0600u);
    EXPECT_EQ(mode_of(folder.path() / "id/pending.pem"), 0600u);
}

TEST(IdentityStore, PreparesBesideTheActiveOne) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    const auto first = pki().agent();
    const auto second = pki().agent();
    const auto third = pki().agent();
    const auto one = prepare(store, first).value();
    ASSERT_TRUE(store.activate(one));
    const auto two = prepare(store, second).value();
    EXPECT_EQ(two, other(one));
    EXPECT_EQ(store.load_active()->chain.front(), first.certificate);
    EXPECT_EQ(store.load(two)->chain.front(), second.certificate);
    EXPECT_EQ(prepare(store, third).value(), two);  // the one that was never activated gives way
    ASSERT_TRUE(store.activate(two));
    EXPECT_EQ(store.load_active()->chain.front(), third.certificate);
    EXPECT_EQ(store.load(one)->chain.front(), first.certificate);
}

TEST(IdentityStore, RefusesACertificateForAnotherKey) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    const Held mixed{pki().agent().key, pki().agent().certificate};
    EXPECT_EQ(prepare(store, mixed).error().code, Errc::conflict);
}

TEST(IdentityStore, DoesNotActivateAnEmptySlot) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    EXPECT_EQ(store.activate(Slot::b).error().code, Errc::not_found);
    EXPECT_FALSE(store.active_slot());
}

TEST(IdentityStore, RefusesFilesThatDoNotBelongTogether) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    ASSERT_TRUE(store.activate(prepare(store, pki().agent()).value()));
    const auto chain = folder.path() / "id/a/chain.pem";
    std::ofstream(chain) << pki().agent().certificate.to_pem();
    EXPECT_EQ(store.load_active().error().code, Errc::conflict);
    std::ofstream(chain) << "garbage";
    EXPECT_EQ(store.load_active().error().code, Errc::malformed);
}

TEST(IdentityStore, DoesNotFollowAnActiveLinkToElsewhere) {
    const TemporaryFolder folder;
    const auto store = IdentityStore::open(folder.path() / "id").value();
    std::filesystem::create_symlink("../elsewhere", folder.path() / "id/active");
    EXPECT_EQ(store.load_active().error().code, Errc::malformed);
}

TEST(IdentityStore, KeepsThePendingKeyUntilItsIdentityIsActive) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    const auto key = store.pending_key().value();
    auto reopened = IdentityStore::open(folder.path() / "id").value();
    EXPECT_EQ(reopened.pending_key()->public_key(), key.public_key());
    const auto held = pki().issue_with(key, pki().agent_content());
    ASSERT_TRUE(store.activate(prepare(store, held).value()));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "id/pending.pem"));
    EXPECT_NE(store.pending_key()->public_key(), key.public_key());
}

TEST(IdentityStore, ForgetsAPendingKeyThatACrashLeftBehind) {
    const TemporaryFolder folder;
    auto store = IdentityStore::open(folder.path() / "id").value();
    const auto key = store.pending_key().value();
    const auto held = pki().issue_with(key, pki().agent_content());
    const auto slot = prepare(store, held).value();
    const auto steps = activate_slot(folder.path() / "id", to_text(slot), true);
    ASSERT_TRUE(perform(steps.front()));  // and not the removal
    ASSERT_TRUE(store.load_active());
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "id/pending.pem"));
    EXPECT_NE(store.pending_key()->public_key(), key.public_key());
}

/// Does the steps of a change one by one, and looks after each at what a restart would find.
TEST(IdentityStore, SurvivesACrashAfterEveryStepOfAChange) {
    const auto first = pki().agent();
    const auto second = pki().agent();
    const auto third = pki().agent();
    const auto content = content_of(third);
    const auto plan = [&](const std::filesystem::path& root) {
        auto steps =
            fill_slot(root / "b", {.key_pem = Secret(std::string(content.key_pem.reveal())),
                                   .chain_pem = content.chain_pem,
                                   .anchors_pem = content.anchors_pem,
                                   .meta_json = content.meta_json});
        for (auto& step : activate_slot(root, "b", true)) steps.push_back(std::move(step));
        return steps;
    };
    const auto step_count = plan("/").size();
    for (std::size_t done = 0; done <= step_count; ++done) {
        const TemporaryFolder folder;
        const auto root = folder.path() / "id";
        auto store = IdentityStore::open(root).value();
        ASSERT_TRUE(store.activate(prepare(store, first).value()));
        ASSERT_EQ(prepare(store, second).value(), Slot::b);  // an older attempt is in the slot
        const auto steps = plan(root);
        for (std::size_t i = 0; i < done; ++i) ASSERT_TRUE(perform(steps[i]));
        // What a crash inside the next step may leave: half a temporary file, or a fresh link.
        std::ofstream(root / "b/key.pem.Xyz123") << "half a ke";
        std::filesystem::create_symlink("b", root / "active.new");

        auto restarted = IdentityStore::open(root).value();
        const auto found = restarted.load_active();
        ASSERT_TRUE(found) << "after step " << done << ": " << to_text(found.error());
        const auto& expected = done + 2 > step_count ? third : first;
        EXPECT_EQ(found->chain.front(), expected.certificate) << "after step " << done;
        EXPECT_EQ(found->key.public_key(), expected.key.public_key());
        if (const auto other_slot = restarted.load(other(found->slot))) {
            EXPECT_EQ(other_slot->key.public_key(), other_slot->chain.front().public_key());
        }
        // And the change can be made again from there.
        const auto again = prepare(restarted, third);
        ASSERT_TRUE(again) << to_text(again.error());
        ASSERT_TRUE(restarted.activate(*again));
        EXPECT_EQ(restarted.load_active()->chain.front(), third.certificate);
    }
}

TEST(IdentityStore, WhatWasPreparedIsFoundAgainUntilItIsActivatedOrDiscarded) {
    const TemporaryFolder folder;
    auto store = *IdentityStore::open(folder.path());
    const auto issue = [&](const Key& key) {
        return Held{key, *pki().authority().issue_agent(key.public_key(),
                                                        *AgentName::make("hub.test", "t", "a"),
                                                        std::chrono::hours(1), pki().now())};
    };
    const auto first = issue(*store.pending_key());
    ASSERT_TRUE(store.activate(*prepare(store, first)));
    EXPECT_EQ(store.prepared().error().code, Errc::not_found);

    const auto second = issue(*store.pending_key());
    ASSERT_TRUE(prepare(store, second));
    const auto found = IdentityStore::open(folder.path())->prepared();  // after a restart
    ASSERT_TRUE(found);
    EXPECT_EQ(found->chain.front(), second.certificate);
    EXPECT_EQ(store.load_active()->chain.front(), first.certificate);

    ASSERT_TRUE(store.discard_prepared());
    EXPECT_FALSE(store.prepared());
    EXPECT_EQ(store.load_active()->chain.front(), first.certificate);
    EXPECT_NE(store.pending_key()->public_key(), second.key.public_key()) << "its key went, too";

    const auto third = issue(*store.pending_key());
    ASSERT_TRUE(store.activate(*prepare(store, third)));
    EXPECT_FALSE(store.prepared()) << "the one that was replaced is not the next one";
}

}  // namespace
}  // namespace sallyport::certs
