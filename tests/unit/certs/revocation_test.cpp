#include "certs/revocation.hpp"

#include "base/error.hpp"
#include "tests/support/test_revocation_list.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

using Verdict = RevocationLists::Verdict;
using std::chrono::hours;

using test::list_of;

class RevocationTest : public ::testing::Test {
protected:
    Verdict judge(const Certificate& certificate, Time now) const {
        return lists_.judge(certificate, now).verdict;
    }

    test::TestPki pki_;
    test::TestPki other_{"other CA"};
    Time now_ = pki_.now();
    Certificate taken_ = pki_.hub().certificate;
    Certificate good_ = pki_.hub().certificate;
    RevocationLists lists_;
};

TEST_F(RevocationTest, WhatIsOnTheListIsRevokedAndNothingElse) {
    ASSERT_TRUE(lists_.add(list_of(pki_, {taken_}, now_), pki_.anchors()));
    EXPECT_EQ(judge(taken_, now_), Verdict::revoked);
    EXPECT_EQ(judge(good_, now_), Verdict::good);
    EXPECT_EQ(judge(other_.hub().certificate, now_), Verdict::good) << "there is no list of it";
    EXPECT_TRUE(lists_.faults(now_).empty());
}

TEST_F(RevocationTest, AListThatIsOutOfDateVouchesForNobody) {
    ASSERT_TRUE(lists_.add(list_of(pki_, {taken_}, now_ - hours(48)), pki_.anchors()));
    EXPECT_EQ(judge(taken_, now_), Verdict::revoked);
    EXPECT_EQ(judge(good_, now_), Verdict::unknown);
    EXPECT_EQ(lists_.faults(now_).size(), 1U);
    ASSERT_TRUE(lists_.add(list_of(pki_, {}, now_), pki_.anchors()));
    EXPECT_EQ(judge(good_, now_), Verdict::good) << "another one is current";
}

TEST_F(RevocationTest, AFileMayHoldTheListsOfSeveralAuthoritiesAndAllOfThemCount) {
    auto anchors = pki_.anchors();
    anchors.push_back(other_.ca());
    const auto theirs = other_.hub().certificate;
    const auto both = list_of(pki_, {}, now_) + list_of(other_, {theirs}, now_);
    ASSERT_TRUE(lists_.add(both, anchors));
    EXPECT_EQ(judge(theirs, now_), Verdict::revoked);
    EXPECT_EQ(judge(good_, now_), Verdict::good);
}

TEST_F(RevocationTest, OfAFileWithOneBadListNoneIsTaken) {
    const auto good = list_of(pki_, {taken_}, now_);
    const auto broken = "-----BEGIN X509 CRL-----\nxx\n-----END X509 CRL-----\n";
    EXPECT_FALSE(lists_.add(good + list_of(other_, {}, now_), pki_.anchors()));
    EXPECT_FALSE(lists_.add(good + broken, pki_.anchors()));
    EXPECT_TRUE(lists_.empty());
}

TEST_F(RevocationTest, AListWithoutAnEndNeverEnds) {
    ASSERT_TRUE(lists_.add(list_of(pki_, {}, now_, false, "99991231235959Z"), pki_.anchors()));
    EXPECT_EQ(judge(good_, now_ + hours(24 * 365)), Verdict::good);
    EXPECT_TRUE(lists_.faults(now_).empty());
}

TEST_F(RevocationTest, AListOfTomorrowVouchesForNobodyToday) {
    ASSERT_TRUE(lists_.add(list_of(pki_, {}, now_ + hours(2)), pki_.anchors()));
    EXPECT_EQ(judge(good_, now_), Verdict::unknown);
}

TEST_F(RevocationTest, AListSignedBySomebodyElseIsRefused) {
    const auto foreign = lists_.add(list_of(other_, {}, now_), pki_.anchors());
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, Errc::untrusted);
    // The same name, another key: the one that counts is the key.
    const test::TestPki twin;
    const auto forged = lists_.add(list_of(twin, {}, now_), pki_.anchors());
    ASSERT_FALSE(forged);
    EXPECT_EQ(forged.error().code, Errc::untrusted);
    EXPECT_TRUE(lists_.empty());
}

TEST_F(RevocationTest, OfUnverifiedListsOnlyThoseOfTheAuthoritiesAreTaken) {
    ASSERT_TRUE(lists_.add_unverified(list_of(pki_, {taken_}, now_)));
    ASSERT_TRUE(lists_.add_unverified(list_of(other_, {}, now_)));
    EXPECT_EQ(lists_.signed_by(pki_.anchors()).judge(taken_, now_).verdict, Verdict::revoked);
    EXPECT_EQ(lists_.signed_by(other_.anchors()).judge(taken_, now_).verdict, Verdict::good);
    const test::TestPki twin;
    EXPECT_TRUE(lists_.signed_by(twin.anchors()).empty()) << "the same name, another key";
}

TEST_F(RevocationTest, ThePathOfACertificateIsAskedAboutAndTold) {
    ASSERT_TRUE(lists_.add(list_of(pki_, {taken_}, now_), pki_.anchors()));
    std::vector<Certificate> path;
    const ChainPolicy policy{
        .usage = ExtendedUsage::server_auth, .at = now_, .revoked = &lists_, .path = &path};
    EXPECT_TRUE(check_chain(good_, {}, pki_.anchors(), policy));
    EXPECT_EQ(path, std::vector<Certificate>{good_});
    const auto refused = check_chain(taken_, {}, pki_.anchors(), policy);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::untrusted);
    EXPECT_NE(refused.error().detail.find("is revoked"), std::string::npos);
}

TEST_F(RevocationTest, PartialListsAndGarbageAreRefused) {
    for (const auto& bad :
         {list_of(pki_, {}, now_, true), std::string(), std::string("garbage"), pki_.ca_pem(),
          std::string("-----BEGIN X509 CRL-----\nxx\n-----END X509 CRL-----\n")}) {
        const auto refused = lists_.add(bad, pki_.anchors());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::malformed) << to_text(refused.error());
    }
}

}  // namespace
}  // namespace sallyport::certs
