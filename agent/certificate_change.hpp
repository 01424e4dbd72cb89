// Other keys and certificates towards back ends: requested, imported, made anew. Everything is
// checked before the file that the agent reads is replaced.
#pragma once

#include "agent/certificate_list.hpp"
#include "agent/config.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/key.hpp"
#include "certs/key_file.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace sallyport::agent {

// `kind` is system or principal_ca; the tunnel's certificate comes from the hub.
// Errors of all: Errc::unsupported for the tunnel, with what to do instead.

struct CertificateOrder {
    certs::KeyKind key = certs::KeyKind::p256;
    std::string subject{};  // RFC 4514; empty: made of the agent's name
    bool replace = false;   // the key of an earlier order
};
/// A new key, kept beside the active one until its certificate is imported, and a PKCS#10 request
/// for it (PEM). Errors: Errc::conflict if one is pending.
Result<std::string> order_certificate(const Config& config, CertificateKind kind,
                                      const CertificateOrder& order);

/// What the file holds, with the pending key if it has none itself; fit to be put in place.
/// Errors say what does not fit: key, order, dates, usage.
Result<certs::KeyAndChain> read_certificate(const Config& config, CertificateKind kind,
                                            const std::filesystem::path& file,
                                            const Secret& password, certs::Time now);

/// Whether back ends could believe it: judged as one of them would.
Result<void> check_certificate(CertificateKind kind, const certs::KeyAndChain& content,
                               certs::Time now);

/// The next principal CA of our own, made now or by an earlier call with `prepare`; it is only kept
/// then. Errors: Errc::unsupported if the present one was signed by somebody else.
enum class NextAuthority { use, prepare };
Result<certs::KeyAndChain> next_authority(const Config& config, NextAuthority what,
                                          certs::Time now);

/// Replaces the active one and lets a running agent use it. If the agent refuses, the one before is
/// put back. True: an agent runs and uses it.
Result<bool> put_in_place(const Config& config, CertificateKind kind,
                          const certs::KeyAndChain& content);

}  // namespace sallyport::agent
