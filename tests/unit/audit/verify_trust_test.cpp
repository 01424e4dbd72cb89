// Which keys of a log count.
#include "audit/verify_trust.hpp"

#include "audit_fixture.hpp"
#include "tlog/signer.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

tlog::VerifierKey make_key() {
    return tlog::Signer::create("log", *certs::Key::generate(certs::KeyKind::ed25519))->verifier();
}

/// Key 0 signs to size 10, key 1 to 20, key 2 from there on.
class KeyTrustTest : public ::testing::Test {
protected:
    KeyTrustTest() : keys(make_key()) {
        keys.add(10, make_key());
        keys.add(20, make_key());
    }
    tlog::VerifierKey key(std::size_t i) const { return keys.known()[i].key; }
    /// `both`: for each change whether both keys signed; `up_to`: sizes whose roots are good.
    KeyTrust::Findings conclude(std::vector<tlog::VerifierKey> given, std::vector<bool> both,
                                std::uint64_t up_to = 30) {
        const VerifyOptions options{.keys = std::move(given)};
        KeyTrust trust(keys, options);
        for (std::size_t i = 0; i < both.size(); ++i)
            if (both[i]) trust.signed_by({i, i + 1}, naming(i + 1));
        for (std::size_t i = 0; i < 3; ++i)
            if (10 * (i + 1) <= up_to) trust.good({i}, 10 * (i + 1), {});
        return trust.conclude(0, {});
    }
    tlog::Checkpoint naming(std::size_t i) const {
        return tlog::Checkpoint::with_successor({keys.origin(), 10 * i, {}, {}}, key(i).to_text());
    }
    LogKeys keys;
};

TEST_F(KeyTrustTest, WhoSignsBesideAKeyWithoutBeingNamedIsNotVouchedFor) {
    const VerifyOptions options{.keys = {key(0)}};
    for (const auto& checkpoint :
         {tlog::Checkpoint{keys.origin(), 10, {}, {}}, naming(2), naming(0)}) {
        KeyTrust trust(keys, options);
        trust.signed_by({0, 1}, checkpoint);
        trust.good({0}, 10, {});
        trust.good({1}, 20, {});
        const auto found = trust.conclude(0, {});
        EXPECT_EQ(found.size, 10U) << checkpoint.to_text();
        EXPECT_FALSE(found.problems.empty());
    }
}

TEST_F(KeyTrustTest, AKeyCountsThatTheOneBeforeVouchedFor) {
    struct Case {
        std::vector<std::size_t> given;
        std::vector<bool> both;
        std::uint64_t size;  // that is vouched for
        std::size_t problems;
        std::size_t notes;
    };
    const Case cases[] = {
        {{}, {true, true}, 30, 0, 0},     {{0}, {true, true}, 30, 0, 2},
        {{1}, {true, true}, 30, 0, 1},    {{2}, {true, true}, 30, 0, 0},
        {{0, 2}, {true, true}, 30, 0, 1}, {{0}, {true, false}, 20, 1, 1},
        {{0}, {false, true}, 10, 1, 0},   {{2}, {false, false}, 30, 2, 0},
        {{}, {true, false}, 20, 1, 0},
    };
    for (const auto& each : cases) {
        std::vector<tlog::VerifierKey> given;
        for (const auto i : each.given) given.push_back(key(i));
        const auto found = conclude(given, each.both);
        EXPECT_EQ(found.size, each.size);
        EXPECT_EQ(found.known, !each.given.empty());
        EXPECT_THAT(found.problems, SizeIs(each.problems));
        EXPECT_THAT(found.notes, SizeIs(each.notes));
    }
}

TEST_F(KeyTrustTest, SaysWhichOtherKeySignsFromWhereOn) {
    EXPECT_THAT(conclude({key(1)}, {true, true}).notes,
                ElementsAre("from the checkpoint of 20 records on another key signs, " +
                            key(2).to_text() + ", which the key before it, " + key(1).to_text() +
                            ", vouched for: that checkpoint names it, and both signed it"));
}

TEST_F(KeyTrustTest, AnotherLogsKeyVouchesForNothing) {
    const auto found = conclude({make_key()}, {true, true});
    EXPECT_FALSE(found.known);
    ASSERT_THAT(found.problems, SizeIs(1));
    EXPECT_EQ(found.problems[0].file, "--vkey");
}

/// Damage in front of the change ends what is proved, and is no reason to accuse the keys.
TEST_F(KeyTrustTest, AChangeBehindDamageWasVouchedForAllTheSame) {
    const auto found = conclude({}, {true, true}, 10);
    EXPECT_EQ(found.size, 10U);
    EXPECT_THAT(found.problems, SizeIs(0));
}

class KeyTrustOfALogTest : public AuditTest {};

TEST_F(KeyTrustOfALogTest, AnEditBeforeAChangeOfTheKeyIsNotTheKeysFault) {
    std::string before;
    {
        const auto log = open();
        log->append(begin("1"));
        log->append(answered("1"));
        ASSERT_TRUE(log->seal(not_recorded));
        before = log->change_key("uid:0")->before;
        log->append(LinkUp{.link = "1"});
    }
    const auto old_key = *tlog::VerifierKey::parse(before);
    const auto good = *verify(folder, {.keys = {old_key}});
    EXPECT_TRUE(good.good());
    EXPECT_TRUE(good.seal.keys_known);
    EXPECT_THAT(good.notes, Contains(HasSubstr("records on another key signs")));
    auto text = content();
    text.replace(text.find("GET"), 3, "PUT");
    set_content(text);
    const auto report = *verify(folder);
    ASSERT_THAT(report.problems, SizeIs(2));
    EXPECT_EQ(report.problems[0].verdict, verdict::chain);
    EXPECT_EQ(report.problems[0].text,
              "the chain is broken: record 1 (the line before), or the prev of record 2, was "
              "changed");
    EXPECT_EQ(report.problems[1].verdict, verdict::root);
}

}  // namespace
}  // namespace sallyport::audit
