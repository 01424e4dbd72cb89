#include "certs/pkcs7.hpp"

#include "certs/openssl.hpp"

namespace sallyport::certs {

Result<std::string> encode_certs_only(std::span<const Certificate> certificates) {
    const Pkcs7Ptr message(PKCS7_new());
    if (!message || PKCS7_set_type(message.get(), NID_pkcs7_signed) != 1)
        return openssl_error("make a PKCS#7 message");
    // Degenerate: content of type data, without any (RFC 5652 section 5.2).
    message->d.sign->contents->type = OBJ_nid2obj(NID_pkcs7_data);
    for (const auto& certificate : certificates)
        if (PKCS7_add_certificate(message.get(), certificate.get()) != 1)
            return openssl_error("add a certificate to a PKCS#7 message");
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || i2d_PKCS7_bio(bio.get(), message.get()) != 1)
        return openssl_error("encode a PKCS#7 message");
    return std::string(written_to(bio.get()));
}

Result<std::vector<Certificate>> decode_certs_only(std::string_view der) {
    if (der.size() > pkcs7_bytes_max)
        return Error{Errc::limit, "a PKCS#7 message above 256 KiB is not read"};
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = cursor + der.size();
    const Pkcs7Ptr message(d2i_PKCS7(nullptr, &cursor, static_cast<long>(der.size())));
    if (!message) return openssl_error("read a PKCS#7 message", Errc::malformed);
    if (cursor != end) return Error{Errc::malformed, "bytes after a PKCS#7 message"};
    if (!PKCS7_type_is_signed(message.get()) || message->d.sign == nullptr)
        return Error{Errc::malformed, "a PKCS#7 message of another kind than certs-only"};
    const auto* stack = message->d.sign->cert;
    const int count = stack == nullptr ? 0 : sk_X509_num(stack);
    if (count == 0) return Error{Errc::malformed, "a PKCS#7 message without certificates"};
    if (static_cast<std::size_t>(count) > chain_certificates_max)
        return Error{Errc::limit, "more than 16 certificates in a PKCS#7 message"};
    std::vector<Certificate> certificates;
    for (int i = 0; i < count; ++i) {
        auto certificate = Certificate::of(sk_X509_value(stack, i));
        if (!certificate) return certificate.error();
        certificates.push_back(std::move(*certificate));
    }
    return certificates;
}

}  // namespace sallyport::certs
