#pragma once

#include "backup/entry.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/age.hpp"
#include "certs/sha256.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::backup {

/// Writes a backup (docs/BACKUP.md): an archive, encrypted on its way, of which no part comes to
/// the disk in clear text. It takes its name when it is whole, not before.
class Writer {
public:
    enum class Existing { refuse, replace };
    struct Settings {
        std::filesystem::path file;
        Existing existing = Existing::refuse;
        unsigned work_factor = certs::age_work_factor;           // less in tests
        std::function<void(std::uint64_t bytes)> progress = {};  // of content, so far
    };
    struct Summary {
        std::uint64_t files = 0;
        std::uint64_t content_bytes = 0;
        std::uint64_t bytes = 0;  // of the backup
        std::string sha256;       // of it, hexadecimal
    };

    /// Errors: Errc::conflict if the file is there and Existing::refuse; the operating system's.
    static Result<std::unique_ptr<Writer>> create(Settings settings, const Secret& passphrase);
    /// What was not finished leaves nothing behind.
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    Result<void> add(const std::string& name, std::string_view content, mode_t mode = 0600);
    /// The next `size` bytes of an open file. Errors: Errc::cut if there are less.
    Result<void> add(const Entry& entry, const FileDescriptor& file);
    Result<Summary> finish();

private:
    explicit Writer(Settings settings) : settings_(std::move(settings)) {}
    Result<void> open();
    Result<void> store(std::string_view bytes);
    Result<void> begin_entry(const Entry& entry);
    Result<void> write_content(std::string_view bytes);
    Result<void> end_entry(const Entry& entry);
    Result<void> take_name();

    Settings settings_;
    std::filesystem::path temporary_;
    FileDescriptor file_;
    std::optional<certs::AgeWriter> age_;
    certs::Sha256Hasher whole_;    // of the file
    certs::Sha256Hasher content_;  // of the present entry
    std::string digests_;
    Summary summary_;
};

}  // namespace sallyport::backup
