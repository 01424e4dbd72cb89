#pragma once

#include "backup/entry.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/age.hpp"
#include "certs/sha256.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sallyport::backup {

/// The files in an archive, one after the other. Nothing is believed: a name that is no plain one,
/// or a digest that is not right, ends it. Whoever extracts refuses a name that is there already.
class ArchiveReader {
public:
    /// Clear text; 0 at the end.
    using Source = std::function<Result<std::size_t>(std::span<char>)>;
    explicit ArchiveReader(Source source) : source_(std::move(source)) {}

    /// Skips what is left of the present file. nullopt once, after the last file, when all digests
    /// were right and nothing follows. The list of digests itself is not given out. Errors:
    /// Errc::malformed, Errc::limit, Errc::untrusted; those of the source.
    Result<std::optional<Entry>> next();
    /// Of the present file; 0 at its end.
    Result<std::size_t> read(std::span<char> out);
    /// The whole of it. Errors: also Errc::limit.
    Result<std::string> read_all(std::size_t bytes_max);

    std::uint64_t files() const { return files_; }
    std::uint64_t content_bytes() const { return content_bytes_; }

private:
    Result<std::string> take(std::size_t bytes);
    Result<void> end_entry();
    Result<void> check_digests(const Entry& digests);
    Result<void> check_end();

    Source source_;
    std::optional<Entry> entry_;
    std::uint64_t left_ = 0;  // of its content
    std::uint64_t files_ = 0;
    std::uint64_t content_bytes_ = 0;
    certs::Sha256Hasher content_;
    certs::Sha256Hasher list_;  // of the digests that the list must have
    std::uint64_t list_bytes_ = 0;
};

/// A backup's file, decrypted on its way.
class Reader {
public:
    /// Errors: those of certs::AgeReader; the operating system's.
    static Result<std::unique_ptr<Reader>> open(const std::filesystem::path& file,
                                                const Secret& passphrase);
    ArchiveReader& archive() { return *archive_; }
    std::uint64_t bytes() const { return bytes_; }

private:
    Reader() = default;
    FileDescriptor file_;
    std::uint64_t bytes_ = 0;
    std::optional<certs::AgeReader> age_;
    std::optional<ArchiveReader> archive_;
};

}  // namespace sallyport::backup
