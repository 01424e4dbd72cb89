#include "tests/support/test_request.hpp"

#include "certs/openssl.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace sallyport::test {
namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, certs::FreeWith<EVP_PKEY_free>>;

KeyPtr new_key(int rsa_bits) {
    return KeyPtr(rsa_bits == 0 ? EVP_EC_gen("P-256")
                                : EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
}

void check(bool done) {
    if (!done) throw std::runtime_error("could not make a certification request");
}

}  // namespace

std::string request_of(const RequestParts& parts) {
    const auto key = new_key(parts.rsa_bits);
    const auto signer = parts.signed_by_another ? new_key(0) : nullptr;
    const certs::RequestPtr request(X509_REQ_new());
    const auto* name = reinterpret_cast<const unsigned char*>(parts.subject.c_str());
    check(X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request.get()), NID_commonName,
                                     MBSTRING_UTF8, name, -1, -1, 0) == 1);
    X509V3_CTX context;
    X509V3_set_ctx(&context, nullptr, nullptr, request.get(), nullptr, 0);
    X509V3_set_ctx_nodb(&context);
    auto* list = sk_X509_EXTENSION_new_null();
    for (const auto& [extension, value] : parts.extensions) {
        auto* made = X509V3_EXT_conf(nullptr, &context, extension.c_str(), value.c_str());
        check(made != nullptr && sk_X509_EXTENSION_push(list, made) > 0);
    }
    check(parts.extensions.empty() || X509_REQ_add_extensions(request.get(), list) == 1);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    check(X509_REQ_set_pubkey(request.get(), key.get()) == 1);
    auto* signing = signer ? signer.get() : key.get();
    check(X509_REQ_sign(request.get(), signing, EVP_sha256()) > 0);
    const certs::BioPtr bio(BIO_new(BIO_s_mem()));
    check(i2d_X509_REQ_bio(bio.get(), request.get()) == 1);
    return std::string(certs::written_to(bio.get()));
}

}  // namespace sallyport::test
