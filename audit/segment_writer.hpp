#pragma once

#include "audit/composer.hpp"
#include "audit/disclosure_writer.hpp"
#include "audit/disk.hpp"
#include "audit/reserve.hpp"
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
        : folder_(std::move(folder)), disk_(&disk), disclosures_(folder_, disk) {}

    /// Goes on in a segment that is there.
    Result<void> resume(const Segment& segment);

    /// What became of a batch. All of it may be there, and a failure yet: there is no room for
    /// more.
    struct Written {
        std::size_t bytes = 0;  // of whole records
        std::optional<Error> failure{};
    };
    /// One write(2) per segment, and one before it for what is disclosed. A record written in part
    /// is cut off again.
    Written write(const Batch& batch);
    /// After a failure for want of room: puts one more line into what is reserved, durably. Errors:
    /// also if the file does not end with a whole record.
    Result<void> write_last(std::string_view line);

    /// What must be synced for everything written so far to be durable. The files stay open
    /// meanwhile, whatever the writer does.
    struct Unsynced {
        std::vector<std::shared_ptr<const FileDescriptor>> files{};
        bool folder = false;
    };
    Unsynced take_unsynced();
    DisclosureWriter& disclosures() { return disclosures_; }
    bool has_finished_segments() const { return !finished_.empty(); }
    /// Of the open segment.
    const std::string& name() const { return name_; }
    /// Whether the file system lets blocks be reserved.
    bool reserves() const { return reserve_.supported(); }

private:
    struct Next {
        std::string name;
        std::shared_ptr<const FileDescriptor> file;
        Reserve reserve;
    };
    Result<Next> make(Sequence first);
    void change_to(Next next, Sequence first);
    Written write_reserved(std::string_view bytes, bool is_end);
    Written write_part(std::string_view bytes);

    std::filesystem::path folder_;
    Disk* disk_;
    DisclosureWriter disclosures_;
    std::string name_;
    std::shared_ptr<const FileDescriptor> file_;
    std::uint64_t bytes_ = 0;  // in the file
    Reserve reserve_;
    bool torn_ = false;  // what stands at the end of the files lets no record follow
    std::vector<std::shared_ptr<const FileDescriptor>> finished_;
    bool folder_changed_ = false;
};

}  // namespace sallyport::audit
