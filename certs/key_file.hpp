#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/key.hpp"

#include <filesystem>
#include <vector>

namespace sallyport::certs {

/// A private key with the certificate for it and those of its issuers, the own one first.
struct KeyAndChain {
    Key key;
    std::vector<Certificate> chain;

    /// Errors: Errc::conflict if the key does not belong to the first certificate.
    static Result<KeyAndChain> of(Key key, std::vector<Certificate> chain);
};

// Both in one PEM file (0600), so that no crash leaves halves that do not fit.

/// Errors: Errc::not_found if there is no such file, Errc::conflict if its halves do not fit.
Result<KeyAndChain> read_key_file(const std::filesystem::path& path);
/// Errors: Errc::conflict if there is one already; it stays as it is.
Result<void> create_key_file(const std::filesystem::path& path, const KeyAndChain& content);
Result<void> replace_key_file(const std::filesystem::path& path, const KeyAndChain& content);

}  // namespace sallyport::certs
