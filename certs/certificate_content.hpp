#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/distinguished_name.hpp"
#include "certs/key.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

/// What a new certificate shall say. Names are checked, never spliced into OpenSSL's own
/// configuration language.
struct CertificateContent {
    std::string common_name;       // 1..64 printable ASCII characters; unless there is `subject`
    std::string organisation;      // may be empty
    DistinguishedName subject;     // of a principal; empty: made of the two above
    Time not_before;               // whole seconds; the rest is cut off
    Time not_after;                //
    std::optional<int> authority;  // path length if this is an authority
    std::vector<ExtendedUsage> usages;
    std::vector<std::string> uris;
    std::vector<std::string> dns_names;  // "*." may lead
    std::vector<std::string> addresses;  // IPv4 or IPv6
};

/// Who signs.
struct Issuer {
    const Key& key;
    const Certificate* certificate;  // null: the new certificate signs itself
};

/// A version 3 certificate with a random 127-bit serial (positive, RFC 5280 section 4.1.2.2).
Result<Certificate> make_certificate(const CertificateContent& content,
                                     const PublicKey& subject_key, const Issuer& issuer);

/// Appends the parts of `name`, the least specific first, as DER wants them.
Result<void> write_subject(X509_NAME* subject, const DistinguishedName& name);

}  // namespace sallyport::certs
