#include "certs/certificate_content.hpp"

#include "certs/openssl.hpp"
#include "certs/secret_hash.hpp"

#include <algorithm>

namespace sallyport::certs {
namespace {

constexpr std::size_t name_part_max = 64;  // RFC 5280 appendix A, upper bounds of CN and O
constexpr std::size_t alternative_name_max = 2048;
constexpr std::size_t serial_bytes = 16;
constexpr std::size_t key_identifier_bytes = 20;
constexpr long version_3 = 2;

// Bits of KeyUsage, RFC 5280 section 4.2.1.3.
constexpr int digital_signature = 0;
constexpr int key_cert_sign = 5;
constexpr int crl_sign = 6;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_name_text(std::string_view text) {
    return is_printable(text) && text.find(' ') == text.npos && !text.empty() &&
           text.size() <= alternative_name_max;
}

Error failed(const char* what) { return openssl_error(std::string("make a certificate: ") + what); }

Result<void> add_extension(X509* certificate, int nid, void* value, bool critical) {
    if (value != nullptr &&
        X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_DEFAULT) == 1)
        return {};
    return failed(OBJ_nid2ln(nid));
}

int nid_of(NameAttribute attribute) {
    switch (attribute) {
        case NameAttribute::common_name:
            return NID_commonName;
        case NameAttribute::email:
            return NID_pkcs9_emailAddress;
        case NameAttribute::locality:
            return NID_localityName;
        case NameAttribute::organisational_unit:
            return NID_organizationalUnitName;
        case NameAttribute::organisation:
            return NID_organizationName;
        case NameAttribute::state:
            return NID_stateOrProvinceName;
        case NameAttribute::country:
            return NID_countryName;
        case NameAttribute::user_id:
            return NID_userId;
    }
    return NID_undef;
}

Result<void> set_subject(X509* certificate, const CertificateContent& content) {
    if (!content.subject.empty())
        return write_subject(X509_get_subject_name(certificate), content.subject);
    auto* subject = X509_get_subject_name(certificate);
    const auto add = [&](int nid, const std::string& text) {
        return X509_NAME_add_entry_by_NID(subject, nid, MBSTRING_ASC,
                                          reinterpret_cast<const unsigned char*>(text.data()),
                                          static_cast<int>(text.size()), -1, 0) == 1;
    };
    if (content.common_name.empty() || content.common_name.size() > name_part_max ||
        content.organisation.size() > name_part_max || !is_printable(content.common_name) ||
        !is_printable(content.organisation))
        return Error{Errc::malformed,
                     "the names in a certificate's subject have 1 to 64 printable characters"};
    if (!content.organisation.empty() && !add(NID_organizationName, content.organisation))
        return failed("organisation");
    if (!add(NID_commonName, content.common_name)) return failed("common name");
    return {};
}

Result<void> set_serial(X509* certificate) {
    auto bytes = random_bytes(serial_bytes);
    bytes[0] |= std::byte{0x80};  // never zero, always 16 bytes long
    using NumberPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
    const NumberPtr number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()), nullptr));
    if (!number || BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) == nullptr)
        return failed("serial number");
    return {};
}

Result<void> set_dates(X509* certificate, const CertificateContent& content) {
    using Clock = std::chrono::system_clock;
    if (content.not_after <= content.not_before)
        return Error{Errc::malformed, "a certificate would end before it begins"};
    if (ASN1_TIME_set(X509_getm_notBefore(certificate), Clock::to_time_t(content.not_before)) &&
        ASN1_TIME_set(X509_getm_notAfter(certificate), Clock::to_time_t(content.not_after)))
        return {};
    return failed("dates");
}

Result<void> add_constraints(X509* certificate, const CertificateContent& content) {
    using ConstraintsPtr = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<BASIC_CONSTRAINTS_free>>;
    const ConstraintsPtr constraints(BASIC_CONSTRAINTS_new());
    if (constraints && content.authority) {
        constraints->ca = 0xff;  // DER for TRUE
        constraints->pathlen = ASN1_INTEGER_new();
        if (ASN1_INTEGER_set(constraints->pathlen, *content.authority) != 1)
            return failed("path length");
    }
    return add_extension(certificate, NID_basic_constraints, constraints.get(), true);
}

Result<void> add_key_usage(X509* certificate, const CertificateContent& content) {
    using BitsPtr = std::unique_ptr<ASN1_BIT_STRING, FreeWith<ASN1_BIT_STRING_free>>;
    const BitsPtr bits(ASN1_BIT_STRING_new());
    const std::vector<int> wanted = content.authority ? std::vector<int>{key_cert_sign, crl_sign}
                                                      : std::vector<int>{digital_signature};
    for (const int bit : wanted)
        if (!bits || ASN1_BIT_STRING_set_bit(bits.get(), bit, 1) != 1) return failed("key usage");
    return add_extension(certificate, NID_key_usage, bits.get(), true);
}

Result<void> add_extended_usages(X509* certificate, const std::vector<ExtendedUsage>& usages) {
    if (usages.empty()) return {};
    using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, FreeWith<EXTENDED_KEY_USAGE_free>>;
    const UsagesPtr list(EXTENDED_KEY_USAGE_new());
    for (const auto usage : usages) {
        auto* object =
            OBJ_nid2obj(usage == ExtendedUsage::server_auth ? NID_server_auth : NID_client_auth);
        if (!list || sk_ASN1_OBJECT_push(list.get(), object) <= 0) return failed("usage");
    }
    return add_extension(certificate, NID_ext_key_usage, list.get(), false);
}

using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, FreeWith<ASN1_OCTET_STRING_free>>;

/// RFC 7093 section 2: any hash of the key does; we take the beginning of the one we have.
Result<void> add_key_identifiers(X509* certificate, const PublicKey& key, const Issuer& issuer) {
    const OctetsPtr own(ASN1_OCTET_STRING_new());
    const auto* hash = reinterpret_cast<const unsigned char*>(key.hash().data());
    if (!own || ASN1_OCTET_STRING_set(own.get(), hash, key_identifier_bytes) != 1)
        return failed("key identifier");
    auto added = add_extension(certificate, NID_subject_key_identifier, own.get(), false);
    if (!added || issuer.certificate == nullptr) return added;
    const auto* issuer_identifier = X509_get0_subject_key_id(issuer.certificate->get());
    if (issuer_identifier == nullptr) return added;  // a foreign authority may have none
    using IdentifierPtr = std::unique_ptr<AUTHORITY_KEYID, FreeWith<AUTHORITY_KEYID_free>>;
    const IdentifierPtr identifier(AUTHORITY_KEYID_new());
    if (!identifier) return failed("authority key identifier");
    identifier->keyid = ASN1_OCTET_STRING_dup(issuer_identifier);
    return add_extension(certificate, NID_authority_key_identifier, identifier.get(), false);
}

Result<void> push_name(GENERAL_NAMES* names, int kind, void* value) {
    using NamePtr = std::unique_ptr<GENERAL_NAME, FreeWith<GENERAL_NAME_free>>;
    NamePtr name(GENERAL_NAME_new());
    if (!name || value == nullptr) return failed("alternative name");
    GENERAL_NAME_set0_value(name.get(), kind, value);
    if (sk_GENERAL_NAME_push(names, name.get()) <= 0) return failed("alternative name");
    (void)name.release();  // the list owns it now
    return {};
}

Result<void> push_text(GENERAL_NAMES* names, int kind, const std::string& text) {
    if (!is_name_text(text))
        return Error{Errc::malformed, "not a name for a certificate: '" + text + "'"};
    auto* value = ASN1_IA5STRING_new();
    if (value == nullptr ||
        ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
        ASN1_IA5STRING_free(value);
        return failed("alternative name");
    }
    return push_name(names, kind, value);
}

Result<void> push_address(GENERAL_NAMES* names, const std::string& text) {
    auto* value = a2i_IPADDRESS(text.c_str());
    if (value != nullptr) return push_name(names, GEN_IPADD, value);
    (void)openssl_error({});
    return Error{Errc::malformed, "not an IP address: '" + text + "'"};
}

Result<void> add_alternative_names(X509* certificate, const CertificateContent& content) {
    const GeneralNamesPtr names(GENERAL_NAMES_new());
    if (!names) return failed("alternative names");
    for (const auto& uri : content.uris)
        if (auto pushed = push_text(names.get(), GEN_URI, uri); !pushed) return pushed;
    for (const auto& name : content.dns_names)
        if (auto pushed = push_text(names.get(), GEN_DNS, name); !pushed) return pushed;
    for (const auto& address : content.addresses)
        if (auto pushed = push_address(names.get(), address); !pushed) return pushed;
    if (sk_GENERAL_NAME_num(names.get()) == 0) return {};
    return add_extension(certificate, NID_subject_alt_name, names.get(), false);
}

Result<void> fill(X509* certificate, const CertificateContent& content, const PublicKey& key,
                  const Issuer& issuer) {
    if (auto done = set_serial(certificate); !done) return done;
    if (auto done = set_dates(certificate, content); !done) return done;
    if (auto done = set_subject(certificate, content); !done) return done;
    if (auto done = add_constraints(certificate, content); !done) return done;
    if (auto done = add_key_usage(certificate, content); !done) return done;
    if (auto done = add_extended_usages(certificate, content.usages); !done) return done;
    if (auto done = add_key_identifiers(certificate, key, issuer); !done) return done;
    return add_alternative_names(certificate, content);
}

}  // namespace

/// Each part an RDN of its own. DER begins with the least specific one, text with the most
/// (RFC 4514 section 2.1). The string type is fixed, so that nothing is guessed from the bytes.
Result<void> write_subject(X509_NAME* subject, const DistinguishedName& name) {
    const auto& parts = name.parts();
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
        int type = V_ASN1_UTF8STRING;
        if (part->attribute == NameAttribute::country) type = V_ASN1_PRINTABLESTRING;
        if (part->attribute == NameAttribute::email) type = V_ASN1_IA5STRING;
        const auto* bytes = reinterpret_cast<const unsigned char*>(part->value.data());
        if (X509_NAME_add_entry_by_NID(subject, nid_of(part->attribute), type, bytes,
                                       static_cast<int>(part->value.size()), -1, 0) != 1)
            return failed("subject");
    }
    return {};
}

Result<Certificate> make_certificate(const CertificateContent& content,
                                     const PublicKey& subject_key, const Issuer& issuer) {
    const X509Ptr certificate(X509_new());
    if (!certificate || X509_set_version(certificate.get(), version_3) != 1 ||
        X509_set_pubkey(certificate.get(), subject_key.get()) != 1)
        return failed("public key");
    if (auto filled = fill(certificate.get(), content, subject_key, issuer); !filled)
        return filled.error();
    const auto* signer = issuer.certificate ? issuer.certificate->get() : certificate.get();
    if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) != 1)
        return failed("issuer");
    // Ed25519 brings its own hash.
    const bool brings_hash = EVP_PKEY_is_a(issuer.key.get(), "ED25519");
    if (X509_sign(certificate.get(), issuer.key.get(), brings_hash ? nullptr : EVP_sha256()) <= 0)
        return failed("signature");
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || i2d_X509_bio(bio.get(), certificate.get()) != 1) return failed("encoding");
    // Read back: what we hand out is what everybody else will read.
    return Certificate::from_der(written_to(bio.get()));
}

}  // namespace sallyport::certs
