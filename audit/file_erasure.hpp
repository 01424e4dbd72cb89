#pragma once

#include "audit/disclosure.hpp"
#include "audit/disk.hpp"
#include "audit/erasure.hpp"
#include "audit/line_reader.hpp"
#include "audit/segment_times.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// Writes one file of disclosures anew without what an order erases: first what is there, while the
/// log goes on, then, with the log held if it writes there, what came meanwhile. Nothing has
/// happened until replace().
class FileErasure {
public:
    /// `segment` has the records of the file; empty = they are gone, and older than any `until`.
    FileErasure(std::filesystem::path path, std::filesystem::path segment,
                const ErasureOrder& order, Disk& disk);
    FileErasure(const FileErasure&) = delete;
    FileErasure& operator=(const FileErasure&) = delete;
    ~FileErasure();

    /// Reads what is there, was not read yet, and speaks of records before this one, which are all
    /// in their files. Errors: the operating system's.
    Result<void> read(Sequence before);
    /// What is left of it goes to the disk.
    Result<void> write_left();
    /// The new file takes the place of the old one. The caller makes the folder durable.
    Result<void> replace();
    /// Found so far.
    std::uint64_t values() const { return values_; }

private:
    /// A line, and what it says.
    struct Line {
        std::string text;
        Disclosure disclosure;
    };
    Result<bool> concerned();
    bool matches_subject(const Disclosure& disclosure) const;
    Result<void> decide();
    Result<void> write();
    Result<void> sync();

    std::filesystem::path path_;
    const ErasureOrder& order_;
    Disk& disk_;
    std::optional<SegmentTimes> times_;
    FileDescriptor to_;
    bool unsynced_ = false;
    std::uint64_t offset_ = 0;
    std::vector<Line> group_;  // of one record
    std::string kept_;
    std::uint64_t values_ = 0;
};

}  // namespace sallyport::audit
