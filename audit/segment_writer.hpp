#pragma once

#include "audit/composer.hpp"
#include "audit/disk.hpp"
#include "audit/segment.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Puts batches into the segment files. After an error it must not be used any more.
class SegmentWriter {
public:
    SegmentWriter(std::filesystem::path folder, Disk& disk)
        : folder_(std::move(folder)), disk_(&disk) {}

    /// Goes on in a segment that is there.
    Result<void> resume(const Segment& segment);

    /// What became of a batch.
    struct Written {
        std::size_t bytes = 0;  // of whole records
        std::optional<Error> failure{};
    };
    /// One write(2) per segment. A record written in part is cut off again.
    Written write(const Batch& batch);

    /// What must be synced for everything written so far to be durable. The files stay open
    /// meanwhile, whatever the writer does.
    struct Unsynced {
        std::vector<std::shared_ptr<const FileDescriptor>> files{};
        bool folder = false;
    };
    Unsynced take_unsynced();
    bool has_finished_segments() const { return !finished_.empty(); }

private:
    Result<void> start(Sequence first);
    Written write_part(std::string_view bytes);

    std::filesystem::path folder_;
    Disk* disk_;
    std::string name_;
    std::shared_ptr<const FileDescriptor> file_;
    std::uint64_t bytes_ = 0;  // in the file
    std::vector<std::shared_ptr<const FileDescriptor>> finished_;
    bool folder_changed_ = false;
};

}  // namespace sallyport::audit
