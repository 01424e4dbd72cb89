#include "certs/pkcs7.hpp"

#include "base/error.hpp"
#include "tests/support/test_pki.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

TEST(CertsOnly, GivesBackTheCertificates) {
    const test::TestPki pki;
    const std::vector<Certificate> sent{pki.agent().certificate, pki.ca()};
    const auto der = encode_certs_only(sent);
    ASSERT_TRUE(der) << to_text(der.error());
    const auto read = decode_certs_only(*der);
    ASSERT_TRUE(read) << to_text(read.error());
    EXPECT_EQ(*read, sent);
}

TEST(CertsOnly, RefusesOtherMessages) {
    const test::TestPki pki;
    const std::vector<Certificate> sent{pki.ca()};
    const auto der = encode_certs_only(sent).value();
    EXPECT_EQ(decode_certs_only("").error().code, Errc::malformed);
    EXPECT_EQ(decode_certs_only(der + "x").error().code, Errc::malformed);
    EXPECT_EQ(decode_certs_only(der.substr(0, der.size() - 1)).error().code, Errc::malformed);
    EXPECT_EQ(decode_certs_only(pki.ca().to_der()).error().code, Errc::malformed);
    EXPECT_EQ(decode_certs_only(encode_certs_only({}).value()).error().code, Errc::malformed);
    EXPECT_EQ(decode_certs_only(std::string(300'000, '0')).error().code, Errc::limit);
    // ContentInfo of type signedData without content.
    EXPECT_EQ(
        decode_certs_only("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02").error().code,
        Errc::malformed);
}

TEST(CertsOnly, RefusesMoreThanSixteen) {
    const test::TestPki pki;
    EXPECT_TRUE(decode_certs_only(encode_certs_only(std::vector(16, pki.ca())).value()));
    EXPECT_EQ(decode_certs_only(encode_certs_only(std::vector(17, pki.ca())).value()).error().code,
              Errc::limit);
}

}  // namespace
}  // namespace sallyport::certs
