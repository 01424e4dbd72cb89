#pragma once

#include "base/file.hpp"
#include "base/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

struct z_stream_s;

namespace sallyport::audit {

/// Reads the content of a gzip file (RFC 1952), all of its members, in bounded memory whatever it
/// says.
class GzipReader {
public:
    GzipReader(FileDescriptor file, std::string name);

    /// As much as is there; 0 = the end, the checksum and length of each member being right.
    /// Errors: Errc::cut if the file ends within a member; Errc::malformed if it is damaged, or
    /// something else than a member stands in it; those of the operating system.
    Result<std::size_t> read(std::span<char> into);

private:
    struct End {
        void operator()(z_stream_s* stream) const;
    };
    Result<std::size_t> fill();

    FileDescriptor file_;
    std::string name_;
    std::vector<unsigned char> input_;
    std::unique_ptr<z_stream_s, End> stream_;
    bool between_members_ = false;
};

}  // namespace sallyport::audit
