#include "certs/request.hpp"

#include "certs/openssl.hpp"

namespace sallyport::certs {
namespace {

constexpr std::size_t common_name_max = 64;  // RFC 5280 appendix A, ub-common-name
constexpr long request_version_1 = 0;

/// Ed25519 brings its own hash.
const EVP_MD* digest_for(const Key& key) {
    return EVP_PKEY_is_a(key.get(), "ED25519") ? nullptr : EVP_sha256();
}

}  // namespace

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
