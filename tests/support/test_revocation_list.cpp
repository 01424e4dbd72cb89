#include "tests/support/test_revocation_list.hpp"

#include "certs/openssl.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace sallyport::test {

using certs::BioPtr;
using certs::FreeWith;

std::string list_of(const TestPki& pki, const std::vector<certs::Certificate>& revoked,
                    certs::Time begin, bool partial, const char* end) {
    const std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>> list(X509_CRL_new());
    X509_CRL_set_version(list.get(), 1);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(pki.ca().get()));
    const auto set = [](auto setter, X509_CRL* to, certs::Time time) {
        const std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>> text(
            ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(time)));
        setter(to, text.get());
    };
    set(X509_CRL_set1_lastUpdate, list.get(), begin);
    set(X509_CRL_set1_nextUpdate, list.get(), begin + std::chrono::hours(24));
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
    return std::string(certs::written_to(bio.get()));
}

}  // namespace sallyport::test
