#include "certs/request.hpp"

#include "certs/certificate_content.hpp"
#include "certs/openssl.hpp"

#include <openssl/pem.h>

#include <vector>

namespace sallyport::certs {
namespace {

constexpr std::size_t common_name_max = 64;  // RFC 5280 appendix A, ub-common-name
constexpr long request_version_1 = 0;

/// Ed25519 brings its own hash.
const EVP_MD* digest_for(const Key& key) {
    return EVP_PKEY_is_a(key.get(), "ED25519") ? nullptr : EVP_sha256();
}

using BitsPtr = std::unique_ptr<ASN1_BIT_STRING, FreeWith<ASN1_BIT_STRING_free>>;
using ConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<BASIC_CONSTRAINTS_free>>;
using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, FreeWith<EXTENDED_KEY_USAGE_free>>;

struct ExtensionsFree {
    void operator()(STACK_OF(X509_EXTENSION) * list) const {
        sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    }
};
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFree>;

bool add(ExtensionsPtr& list, int nid, void* value, bool critical) {
    auto* raw = list.release();
    const bool added = value != nullptr &&
                       X509V3_add1_i2d(&raw, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1;
    list.reset(raw);
    return added;
}

/// Bits of KeyUsage, RFC 5280 section 4.2.1.3.
bool add_key_usage(ExtensionsPtr& list, RequestFor purpose) {
    constexpr int digital_signature = 0;
    constexpr int key_cert_sign = 5;
    constexpr int crl_sign = 6;
    const BitsPtr bits(ASN1_BIT_STRING_new());
    const auto wanted = purpose == RequestFor::authority ? std::vector<int>{key_cert_sign, crl_sign}
                                                         : std::vector<int>{digital_signature};
    for (const int bit : wanted)
        if (!bits || ASN1_BIT_STRING_set_bit(bits.get(), bit, 1) != 1) return false;
    return add(list, NID_key_usage, bits.get(), true);
}

bool ask_for(X509_REQ* request, RequestFor purpose) {
    ExtensionsPtr list;
    if (!add_key_usage(list, purpose)) return false;
    if (purpose == RequestFor::authority) {
        const ConstraintsPtr constraints(BASIC_CONSTRAINTS_new());
        if (constraints) constraints->ca = 0xff;  // DER for TRUE
        if (!add(list, NID_basic_constraints, constraints.get(), true)) return false;
    } else {
        const UsagesPtr usages(EXTENDED_KEY_USAGE_new());
        if (!usages || sk_ASN1_OBJECT_push(usages.get(), OBJ_nid2obj(NID_client_auth)) <= 0 ||
            !add(list, NID_ext_key_usage, usages.get(), false))
            return false;
    }
    return X509_REQ_add_extensions(request, list.get()) == 1;
}

}  // namespace

Result<std::string> make_request_pem(const Key& key, const RequestContent& content) {
    const RequestPtr request(X509_REQ_new());
    if (!request) return openssl_error("make a certificate request");
    if (auto named = write_subject(X509_REQ_get_subject_name(request.get()), content.subject);
        !named)
        return named.error();
    const bool made = X509_REQ_set_version(request.get(), request_version_1) == 1 &&
                      X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                      ask_for(request.get(), content.purpose) &&
                      X509_REQ_sign(request.get(), key.get(), digest_for(key)) > 0;
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!made || !bio || PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1)
        return openssl_error("make a certificate request");
    return std::string(written_to(bio.get()));
}

Result<std::string> make_request_der(const Key& key, std::string_view common_name) {
    if (common_name.empty() || common_name.size() > common_name_max)
        return Error{Errc::malformed, "the name in a certificate request has 1 to 64 characters"};
    const RequestPtr request(X509_REQ_new());
    if (!request) return openssl_error("make a certificate request");
    const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
    const bool made = X509_REQ_set_version(request.get(), request_version_1) == 1 &&
                      X509_NAME_add_entry_by_NID(
                          X509_REQ_get_subject_name(request.get()), NID_commonName, MBSTRING_UTF8,
                          text, static_cast<int>(common_name.size()), -1, 0) == 1 &&
                      X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                      X509_REQ_sign(request.get(), key.get(), digest_for(key)) > 0;
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!made || !bio || i2d_X509_REQ_bio(bio.get(), request.get()) != 1)
        return openssl_error("make a certificate request");
    return std::string(written_to(bio.get()));
}

Result<PublicKey> parse_request(std::string_view der) {
    if (der.size() > request_bytes_max)
        return Error{Errc::limit, "a certificate request above 16 KiB is not read"};
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = cursor + der.size();
    const RequestPtr request(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
    if (!request) return openssl_error("read a certificate request", Errc::malformed);
    if (cursor != end) return Error{Errc::malformed, "bytes after a certificate request"};
    // The kind of key is judged first: it bounds what checking the signature may cost.
    auto key = PublicKey::of(X509_REQ_get0_pubkey(request.get()));
    if (!key) return key.error();
    if (X509_REQ_verify(request.get(), key->get()) != 1)
        return openssl_error("the signature of a certificate request is wrong", Errc::untrusted);
    return key;
}

}  // namespace sallyport::certs
