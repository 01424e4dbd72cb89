#include "agent/certificate_record.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

class CertificateRecordTest : public ::testing::Test {
protected:
    void open(audit::Level level = audit::Level::all) {
        log_.reset();
        auto log = audit::Log::open({.folder = folder_.path() / "audit", .level = level});
        ASSERT_TRUE(log);
        log_ = std::move(*log);
    }
    void record(const certs::Certificate& certificate) {
        const auto done =
            record_certificate(*log_, certificate, "tunnel", folder_.path() / "recorded");
        EXPECT_TRUE(done) << (done ? "" : to_text(done.error()));
    }
    std::vector<audit::Record> told() {
        return test::records_of(folder_.path() / "audit", "certificate.enrolled");
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<audit::Log> log_;
    test::TestPki pki_;
    certs::Certificate first_ = pki_.agent().certificate;
};

TEST_F(CertificateRecordTest, SaysWhichCertificateItIs) {
    open();
    record(first_);
    const auto all = told();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].text("purpose"), "tunnel");
    EXPECT_EQ(all[0].text("subject"), first_.subject());
    EXPECT_EQ(all[0].text("issuer"), first_.issuer());
    EXPECT_EQ(all[0].text("serial"), first_.serial());
    EXPECT_EQ(all[0].text("sha256"), to_hex(first_.fingerprint()));
    EXPECT_TRUE(audit::parse_rfc3339(all[0].text("not_after")));
}

TEST_F(CertificateRecordTest, ACertificateIsToldOnceAndItsSuccessorToo) {
    open();
    record(first_);
    record(first_);
    open();
    record(first_);
    EXPECT_EQ(told().size(), 1U);
    const auto next = pki_.agent().certificate;
    record(next);
    record(next);
    const auto all = told();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].text("sha256"), to_hex(next.fingerprint()));
}

TEST_F(CertificateRecordTest, WhatALevelLeavesOutIsToldWhenTheLogTakesItAgain) {
    open(audit::Level::off);
    record(first_);
    EXPECT_TRUE(told().empty());
    open();
    record(first_);
    EXPECT_EQ(told().size(), 1U);
}

}  // namespace
}  // namespace sallyport::agent
