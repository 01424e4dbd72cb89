#include "certs/certificate_content.hpp"
#include "certs/strict_json.hpp"
#include "certs/subject_rules.hpp"

#include <openssl/x509.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace sallyport;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

const certs::Key& key() {
    static const auto instance = certs::Key::generate(certs::KeyKind::p256).value();
    return instance;
}

/// What a certificate says is part for part what the rules decided.
void check_certificate(const certs::DistinguishedName& subject) {
    certs::CertificateContent content;
    content.subject = subject;
    content.not_before = certs::Time();
    content.not_after = certs::Time() + std::chrono::hours(1);
    const auto certificate = certs::make_certificate(content, key().public_key(),
                                                     {.key = key(), .certificate = nullptr});
    require(certificate.has_value());
    const auto* name = X509_get_subject_name(certificate->get());
    const auto& parts = subject.parts();
    require(static_cast<std::size_t>(X509_NAME_entry_count(name)) == parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto* entry = X509_NAME_get_entry(name, static_cast<int>(parts.size() - 1 - i));
        require(static_cast<std::size_t>(X509_NAME_ENTRY_set(entry)) == parts.size() - 1 - i);
        const auto* value = X509_NAME_ENTRY_get_data(entry);
        const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                                    static_cast<std::size_t>(ASN1_STRING_length(value)));
        require(text == parts[i].value);
    }
}

}  // namespace

/// A line with a pattern, then claims as JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto line = input.substr(0, input.find('\n'));
    const auto rest = input.substr(std::min(input.size(), line.size() + 1));
    const auto claims = certs::parse_strict_object(rest);
    const auto rules = certs::SubjectRules::create({{{}, std::string(line)}});
    if (!rules) require(!rules.error().detail.empty());
    if (!rules || !claims) return 0;
    for (const auto type : {certs::UserType::business, certs::UserType::technical}) {
        const auto match = rules->apply(type, *claims);
        if (match)
            check_certificate(match->subject);
        else
            require(!match.error().detail.empty());
    }
    return 0;
}
