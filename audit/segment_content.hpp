#pragma once

#include "audit/gzip_reader.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

namespace sallyport::audit {

/// The content of a segment, or of a file beside it, from some byte on; compressed (`.gz`) or not.
class SegmentContent {
public:
    /// If the plain file is not there any more, the compressed one is taken: a log is read while it
    /// is compressed. `offset` counts bytes of the content. Errors: the operating system's; those
    /// of read().
    static Result<SegmentContent> open(const std::filesystem::path& path, std::uint64_t offset = 0);

    /// As much as is there; 0 = the end. Errors: the operating system's; those of GzipReader.
    Result<std::size_t> read(std::span<char> into);

private:
    SegmentContent(FileDescriptor file, std::string name);
    Result<void> skip(std::uint64_t bytes);

    std::string name_;
    FileDescriptor plain_;
    std::optional<GzipReader> compressed_;
};

/// Whether a compressed file cannot be read to its end, though the disk gave what it has.
bool is_damage(const Error& error);

}  // namespace sallyport::audit
