// The files of a log as they were at one moment, for a copy that is whole while the log goes on.
#pragma once

#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

struct CutFile {
    std::string name;  // below the log's folder: "vkeys", "generation-0001/vkeys"
    FileDescriptor file{};
    std::uint64_t bytes = 0;  // so many from its beginning
};

/// Up to its newest checkpoint, and nothing behind that.
struct LogCut {
    std::string origin{};    // empty if there is no log that is signed
    std::string vkey{};      // the key that signed it last
    std::uint64_t size = 0;  // records
    std::string root{};      // of these, base64

    /// One after the other, each open only until the next one; nullopt behind the last. Errors:
    /// Errc::unavailable if a file was deleted meanwhile, so that the copy must begin anew; the
    /// operating system's.
    Result<std::optional<CutFile>> next();

private:
    friend class LogCutter;
    struct Wanted {
        std::string name;
        std::filesystem::path path;
        std::optional<CutFile> cut{};  // of a file that is being written: opened with the cut
    };
    std::vector<Wanted> files_{};
    std::size_t next_ = 0;
};

/// Errors: Errc::unavailable if something is at work there that leaves the log in pieces meanwhile;
/// Errc::untrusted if its newest checkpoint is signed by nobody known; the operating system's.
Result<LogCut> cut_log(const std::filesystem::path& folder);

/// Whether a file of this name belongs to a log: not what is half written, nor what others put
/// there. `name` as in CutFile. Pure.
bool is_log_file(std::string_view name);

}  // namespace sallyport::audit
