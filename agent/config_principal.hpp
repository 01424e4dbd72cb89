#pragma once

#include "agent/kerberos.hpp"
#include "base/config_reader.hpp"
#include "certs/subject_rules.hpp"
#include "daemon/https_url.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::agent {

/// Where an identity provider publishes its keys, a token server gives tokens, and the like.
using KeyUrl = daemon::HttpsUrl;

/// [[identity_provider]]: somebody whose tokens this site believes.
struct IdentityProviderConfig {
    std::string issuer;
    std::optional<KeyUrl> jwks_url;   // this,
    std::filesystem::path jwks_file;  // or this
    std::filesystem::path ca_file;    // who signs the certificate of jwks_url; empty: [trust]
    std::vector<std::string> audiences;
    bool any_audience = false;
    std::chrono::seconds expiration_tolerance{0};  // for how long an expired token still counts

    bool operator==(const IdentityProviderConfig&) const = default;
};

/// [principal]
struct PrincipalConfig {
    std::chrono::seconds validity{600};         // of a user's certificate
    std::vector<std::string> strip;             // further identity fields removed from requests
    std::vector<certs::SubjectRule> subject{};  // valid: SubjectRules::create accepts them
};

/// [kerberos]
struct KerberosConfig {
    KerberosAccount account;
    std::filesystem::path krb5_conf;       // empty: the system's
    std::vector<certs::SubjectRule> user;  // valid: KerberosUsers::create accepts them

    bool operator==(const KerberosConfig&) const = default;
};

inline constexpr std::size_t identity_providers_max = 32;

std::vector<IdentityProviderConfig> read_identity_providers(ConfigTable& document,
                                                            std::vector<std::string>& warnings);
PrincipalConfig read_principal(ConfigTable table);
KerberosConfig read_kerberos(ConfigTable table);

}  // namespace sallyport::agent
