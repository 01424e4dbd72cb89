#pragma once

#include "base/result.hpp"
#include "certs/key.hpp"
#include "tlog/signer.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace sallyport::audit {

/// The file with the private key that seals the log (PEM, 0600), and beside it, `.new`, the one
/// that is about to take its place.
class KeyStore {
public:
    explicit KeyStore(std::filesystem::path path);

    const std::filesystem::path& path() const { return path_; }
    /// nullopt if there is no such file. Errors: Errc::malformed and others of certs::Key; the
    /// operating system's.
    Result<std::optional<certs::Key>> read() const { return read(path_); }
    Result<std::optional<certs::Key>> read_new() const { return read(new_path_); }

    /// Makes a key and puts it beside the one in use.
    Result<certs::Key> make_new(certs::KeyKind kind) const;
    /// It takes the place of the one in use.
    Result<void> use_new() const;
    Result<void> drop_new() const;

private:
    static Result<std::optional<certs::Key>> read(const std::filesystem::path& path);

    std::filesystem::path path_;
    std::filesystem::path new_path_;
};

}  // namespace sallyport::audit
