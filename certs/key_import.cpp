#include "certs/key_import.hpp"

#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <string>

namespace sallyport::certs {
namespace {

using Pkcs12Ptr = std::unique_ptr<PKCS12, FreeWith<PKCS12_free>>;
struct StackFree {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), StackFree>;

bool is_issued_by(const Certificate& one, const Certificate& issuer) {
    const bool is = X509_check_issued(issuer.get(), one.get()) == X509_V_OK &&
                    X509_verify(one.get(), issuer.public_key().get()) == 1;
    ERR_clear_error();
    return is;
}

Error pkcs12_error(const Secret& password) {
    const auto error = ERR_peek_error();
    const bool is_old = ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_UNSUPPORTED ||
                        ERR_GET_REASON(error) == ERR_R_UNSUPPORTED;
    const bool is_mac = ERR_GET_LIB(error) == ERR_LIB_PKCS12;
    auto told = openssl_error("read a PKCS#12 file", Errc::malformed);
    if (is_old)
        return {
            Errc::unsupported,
            "the PKCS#12 file is encrypted in an old way that is not safe any more: take it out "
            "with `(umask 077; openssl pkcs12 -legacy -in FILE -nodes -out FILE.pem)`, import "
            "FILE.pem, and delete both"};
    if (is_mac)
        return {Errc::unauthorized, password.empty() ? "the PKCS#12 file needs its password"
                                                     : "the password of the PKCS#12 file is wrong"};
    return told;
}

Result<KeyImport> read_pkcs12(std::string_view der, const Secret& password) {
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = cursor + der.size();
    const Pkcs12Ptr file(d2i_PKCS12(nullptr, &cursor, static_cast<long>(der.size())));
    if (!file) return openssl_error("neither PEM nor PKCS#12", Errc::malformed);
    if (cursor != end) return Error{Errc::malformed, "bytes after a PKCS#12 file"};
    const Secret text{std::string(password.reveal())};  // ends with a NUL
    EVP_PKEY* raw_key = nullptr;
    X509* raw_own = nullptr;
    STACK_OF(X509)* raw_more = nullptr;
    if (PKCS12_parse(file.get(), text.reveal().data(), &raw_key, &raw_own, &raw_more) != 1)
        return pkcs12_error(password);
    KeyPtr key(raw_key);
    const X509Ptr own(raw_own);
    const CertificatesPtr more(raw_more);
    ERR_clear_error();
    if (!key || !own)
        return Error{Errc::malformed, "the PKCS#12 file has no private key with a certificate"};
    KeyImport read;
    auto adopted = Key::adopt(key.release());
    if (!adopted) return adopted.error();
    read.key = std::move(*adopted);
    auto first = Certificate::of(own.get());
    if (!first) return first.error();
    read.certificates.push_back(std::move(*first));
    for (int i = 0; more && i < sk_X509_num(more.get()); ++i) {
        if (read.certificates.size() == chain_certificates_max)
            return Error{Errc::limit, "more than 16 certificates in a PKCS#12 file"};
        auto next = Certificate::of(sk_X509_value(more.get(), i));
        if (!next) return next.error();
        read.certificates.push_back(std::move(*next));
    }
    return read;
}

Result<KeyImport> read_pem(std::string_view pem, const Secret& password) {
    auto certificates = read_chain_pem(pem);
    if (!certificates) return certificates.error();
    KeyImport read{.key = std::nullopt, .certificates = std::move(*certificates)};
    if (pem.find("PRIVATE KEY-----") == pem.npos) return read;
    auto key = Key::from_pem(pem, password);
    if (!key) return key.error();
    read.key = std::move(*key);
    return read;
}

}  // namespace

Result<KeyImport> read_key_import(std::string_view content, const Secret& password) {
    if (content.size() > import_bytes_max)
        return Error{Errc::limit, "a file above 1 MiB is no certificate"};
    const bool is_pem = content.find("-----BEGIN ") != content.npos;
    return is_pem ? read_pem(content, password) : read_pkcs12(content, password);
}

Result<std::vector<Certificate>> ordered_chain(const PublicKey& key,
                                               std::vector<Certificate> certificates) {
    std::vector<Certificate> chain;
    const auto take = [&](auto&& fits) {
        const auto found = std::ranges::find_if(certificates, fits);
        if (found == certificates.end()) return false;
        chain.push_back(std::move(*found));
        certificates.erase(found);
        return true;
    };
    if (!take([&](const Certificate& one) { return one.public_key() == key; }))
        return Error{Errc::conflict, "no certificate of the file belongs to the private key"};
    // The same certificate twice is a slip, not a contradiction.
    const auto next = [&](const Certificate& one) { return is_issued_by(chain.back(), one); };
    while (!certificates.empty() && !is_issued_by(chain.back(), chain.back()) && take(next)) {
    }
    std::erase_if(certificates, [&](const Certificate& one) {
        return std::ranges::find(chain, one) != chain.end();
    });
    if (certificates.empty()) return chain;
    return Error{Errc::malformed, "the certificate " + certificates.front().subject() +
                                      " did not sign " + chain.back().subject() +
                                      ": leave it out, or add the one between them"};
}

}  // namespace sallyport::certs
