#include "certs/certificate.hpp"

#include "certs/asn1_time.hpp"
#include "certs/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cassert>

namespace sallyport::certs {
namespace {

constexpr std::size_t certificate_bytes_max = 64 * 1024;

/// PEM blocks may claim to be encrypted; OpenSSL would then ask on the terminal.
int refuse_passphrase(char*, int, int, void*) { return -1; }

Result<Time> read_time(const ASN1_TIME* time) {
    if (const auto read = time_of(time)) return *read;
    return openssl_error("certificate with an unreadable date", Errc::malformed);
}

bool is_plain(const ASN1_IA5STRING* text) {
    const auto* begin = ASN1_STRING_get0_data(text);
    const auto* end = begin + ASN1_STRING_length(text);
    return std::all_of(begin, end, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

/// Names of one kind (GEN_DNS, GEN_URI); a name that could be read in two ways is an error.
Result<std::vector<std::string>> read_names(X509* certificate, int kind) {
    int found = 0;
    const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, &found, nullptr)));
    if (!names && found == -1) return std::vector<std::string>();
    if (!names)
        return openssl_error("certificate with unreadable or doubled alternative names",
                             Errc::malformed);
    std::vector<std::string> texts;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != kind) continue;
        const auto* text = name->d.ia5;
        if (!is_plain(text))
            return Error{Errc::malformed, "certificate with a foreign character in a name"};
        texts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<std::size_t>(ASN1_STRING_length(text)));
    }
    return texts;
}

std::string name_text(const X509_NAME* name) {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
    return std::string(written_to(bio.get()));
}

bool is_address(const std::string& host) {
    unsigned char bytes[sizeof(in6_addr)];
    return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

Certificate::Certificate(std::shared_ptr<X509> certificate, PublicKey key)
    : certificate_(std::move(certificate)), public_key_(std::move(key)) {}

Result<Certificate> Certificate::of(X509* certificate) {
    assert(certificate != nullptr);
    X509_up_ref(certificate);
    std::shared_ptr<X509> owner(certificate, X509_free);
    // The flags also make OpenSSL read and keep the extensions now, in one thread.
    if ((X509_get_extension_flags(certificate) & EXFLAG_INVALID) != 0)
        return openssl_error("certificate with unreadable extensions", Errc::malformed);
    auto key = PublicKey::share(X509_get0_pubkey(certificate));
    if (!key) return key.error();
    const auto begin = read_time(X509_get0_notBefore(certificate));
    if (!begin) return begin.error();
    const auto end = read_time(X509_get0_notAfter(certificate));
    if (!end) return end.error();
    for (const int kind : {GEN_DNS, GEN_URI})
        if (auto names = read_names(certificate, kind); !names) return names.error();
    Certificate made(std::move(owner), std::move(*key));
    made.not_before_ = *begin;
    made.not_after_ = *end;
    auto* hash = reinterpret_cast<unsigned char*>(made.fingerprint_.data());
    if (X509_digest(certificate, EVP_sha256(), hash, nullptr) != 1)
        return openssl_error("hash a certificate");
    return made;
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
    auto chain = read_chain_pem(pem);
    if (!chain) return chain.error();
    if (chain->size() != 1)
        return Error{Errc::malformed, "one certificate expected, this PEM text has " +
                                          std::to_string(chain->size())};
    return std::move(chain->front());
}

Result<Certificate> Certificate::from_der(std::string_view der) {
    if (der.size() > certificate_bytes_max)
        return Error{Errc::limit, "a certificate above 64 KiB is not read"};
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = cursor + der.size();
    const X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    if (!certificate) return openssl_error("read a DER certificate", Errc::malformed);
    if (cursor != end) return Error{Errc::malformed, "bytes after the end of a certificate"};
    return of(certificate.get());
}

std::string Certificate::to_pem() const {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    const int written = PEM_write_bio_X509(bio.get(), get());
    assert(written == 1);  // it was read, so it can be written
    return written == 1 ? std::string(written_to(bio.get())) : std::string();
}

std::string Certificate::to_der() const {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    const int written = i2d_X509_bio(bio.get(), get());
    assert(written == 1);
    return written == 1 ? std::string(written_to(bio.get())) : std::string();
}

std::string Certificate::subject() const { return name_text(X509_get_subject_name(get())); }

std::string Certificate::issuer() const { return name_text(X509_get_issuer_name(get())); }

std::string Certificate::serial() const {
    const auto* serial = X509_get0_serialNumber(get());
    const auto hex = to_hex({reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(serial)),
                             static_cast<std::size_t>(ASN1_STRING_length(serial))});
    const auto first = hex.find_first_not_of('0');
    return first == hex.npos ? "0" : hex.substr(first);
}

std::vector<std::string> Certificate::dns_names() const { return *read_names(get(), GEN_DNS); }

std::vector<std::string> Certificate::uris() const { return *read_names(get(), GEN_URI); }

bool Certificate::has_extended_usage(ExtendedUsage usage) const {
    if ((X509_get_extension_flags(get()) & EXFLAG_XKUSAGE) == 0) return false;
    const auto flag = usage == ExtendedUsage::server_auth ? XKU_SSL_SERVER : XKU_SSL_CLIENT;
    return (X509_get_extended_key_usage(get()) & static_cast<std::uint32_t>(flag)) != 0;
}

bool Certificate::is_authority() const {
    return (X509_get_extension_flags(get()) & EXFLAG_CA) != 0;
}

bool Certificate::matches_host(std::string_view host) const {
    const std::string name(host);
    // OpenSSL takes an empty name for "any" and a leading dot for "anything below".
    if (name.empty() || name.front() == '.' || name.find('\0') != name.npos) return false;
    if (is_address(name)) return X509_check_ip_asc(get(), name.c_str(), 0) == 1;
    constexpr unsigned flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    return X509_check_host(get(), name.data(), name.size(), flags, nullptr) == 1;
}

Result<std::vector<Certificate>> read_chain_pem(std::string_view pem) {
    const auto bio = memory_bio(pem);
    if (!bio) return openssl_error("read certificates");
    std::vector<Certificate> chain;
    while (true) {
        const X509Ptr next(PEM_read_bio_X509(bio.get(), nullptr, refuse_passphrase, nullptr));
        if (!next) {
            const auto reason = ERR_GET_REASON(ERR_peek_last_error());
            auto error = openssl_error("read a PEM certificate", Errc::malformed);
            if (reason != PEM_R_NO_START_LINE) return error;
            if (chain.empty()) return Error{Errc::malformed, "no PEM certificate found"};
            return chain;
        }
        if (chain.size() == chain_certificates_max)
            return Error{Errc::limit, "more than 16 certificates in one PEM text"};
        auto certificate = Certificate::of(next.get());
        if (!certificate) return certificate.error();
        chain.push_back(std::move(*certificate));
    }
}

std::string write_chain_pem(std::span<const Certificate> chain) {
    std::string pem;
    for (const auto& certificate : chain) pem += certificate.to_pem();
    return pem;
}

}  // namespace sallyport::certs
