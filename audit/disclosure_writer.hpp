#pragma once

#include "audit/disk.hpp"
#include "audit/log.hpp"
#include "audit/reserve.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::audit {

/// Puts disclosures into the file beside the segment. After an error it must not be used any more.
class DisclosureWriter {
public:
    DisclosureWriter(std::filesystem::path folder, Disk& disk)
        : folder_(std::move(folder)), disk_(&disk) {}

    /// What follows is of the segment that begins with this record. Its file is made, or gone on
    /// with, when there is something to disclose.
    void start(Sequence first);
    /// The file of this segment was replaced by one that is durable; its name is, with the next
    /// sync.
    void reopen() {
        file_.reset();
        created_ = true;
    }
    /// Of the open segment.
    std::filesystem::path path() const { return folder_ / name_; }

    /// One write(2). What was written in part is cut off again.
    Result<void> write(std::string_view lines);
    /// Cuts off what `lines`, written last, say of records from `next` on: they were not written.
    void take_back(std::string_view lines, Sequence next);

    /// Whether something stands there that belongs to no record: it could not be cut off.
    bool torn() const { return torn_; }
    /// The file that was written to, if any.
    std::shared_ptr<const FileDescriptor> file() const { return file_; }
    /// Whether the file was made since the last call.
    bool take_created() { return std::exchange(created_, false); }

private:
    Result<void> open();

    std::filesystem::path folder_;
    Disk* disk_;
    std::string name_;
    std::shared_ptr<const FileDescriptor> file_;
    std::uint64_t bytes_ = 0;  // in the file
    Reserve reserve_;
    bool created_ = false;
    bool torn_ = false;
};

}  // namespace sallyport::audit
