#include "certs/revocation.hpp"

#include "certs/openssl.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>

namespace sallyport::certs {
namespace {

using Verdict = RevocationLists::Verdict;
using std::chrono::hours;

/// A list of `pki` with `revoked` on it, good for a day from `begin`.
std::string list_of(const test::TestPki& pki, const std::vector<Certificate>& revoked, Time begin,
                    bool partial = false, const char* end = nullptr) {
    const std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>> list(X509_CRL_new());
    X509_CRL_set_version(list.get(), 1);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(pki.ca().get()));
    const auto set = [](auto setter, X509_CRL* to, Time time) {
        const std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>> text(
            ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time)));
        setter(to, text.get());
    };
    set(X509_CRL_set1_lastUpdate, list.get(), begin);
    set(X509_CRL_set1_nextUpdate, list.get(), begin + hours(24));
    if (end != nullptr) {
        const std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>> text(ASN1_TIME_new());
        ASN1_TIME_set_string(text.get(), end);
        X509_CRL_set1_nextUpdate(list.get(), text.get());
    }
    for (const auto& one : revoked) {
        auto* entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry,
                                      const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(one.get())));
        X509_REVOKED_set_revocationDate(
            entry, const_cast<ASN1_TIME*>(X509_CRL_get0_lastUpdate(list.get())));
        X509_CRL_add0_revoked(list.get(), entry);
    }
    if (partial) {
        const std::unique_ptr<ISSUING_DIST_POINT, FreeWith<ISSUING_DIST_POINT_free>> part(
            ISSUING_DIST_POINT_new());
        part->onlyuser = 0xff;
        X509_CRL_add1_ext_i2d(list.get(), NID_issuing_distribution_point, part.get(), 1, 0);
    }
    X509_CRL_sort(list.get());
    X509_CRL_sign(list.get(), pki.authority().key().get(), EVP_sha256());
    const BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509_CRL(bio.get(), list.get());
    return std::string(written_to(bio.get()));
}

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
