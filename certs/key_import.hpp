// What an administrator brings from an authority or another machine: PEM or PKCS#12 (RFC 7292).
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace sallyport::certs {

inline constexpr std::size_t import_bytes_max = 1024 * 1024;

struct KeyImport {
    std::optional<Key> key;                 // none: it is here already
    std::vector<Certificate> certificates;  // as they came
};

/// PEM text (certificates, perhaps a key, which may be encrypted) or a PKCS#12 file; told apart by
/// what they look like.
/// Errors: Errc::unauthorized: the password is wrong or missing; Errc::unsupported: encrypted in an
/// old way; Errc::malformed.
Result<KeyImport> read_key_import(std::string_view content, const Secret& password);

/// The certificate for `key` and then its issuers, each signed by the next, whatever order they
/// came in. Errors: Errc::conflict if none is for the key, Errc::malformed if one is not on the
/// way.
Result<std::vector<Certificate>> ordered_chain(const PublicKey& key,
                                               std::vector<Certificate> certificates);

}  // namespace sallyport::certs
