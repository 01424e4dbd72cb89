#include "audit/segment_writer.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace sallyport::audit {
namespace {

constexpr mode_t segment_mode = 0640;

Error with_name(Error error, const std::string& name) {
    error.detail += " " + name;
    return error;
}

}  // namespace

Result<void> SegmentWriter::resume(const Segment& segment) {
    name_ = segment.path.filename().string();
    FileDescriptor file(::open(segment.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + segment.path.string() + " to append to it");
    file_ = std::make_shared<const FileDescriptor>(std::move(file));
    bytes_ = segment.bytes;
    return {};
}

Result<void> SegmentWriter::start(Sequence first) {
    if (file_) finished_.push_back(std::move(file_));
    name_ = segment_name(first);
    const auto path = folder_ / name_;
    FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, segment_mode));
    if (!file) return os_error("create " + path.string());
    if (::fchmod(file.get(), segment_mode) != 0) return os_error("chmod " + path.string());
    file_ = std::make_shared<const FileDescriptor>(std::move(file));
    bytes_ = 0;
    folder_changed_ = true;
    return {};
}

SegmentWriter::Written SegmentWriter::write(const Batch& batch) {
    std::size_t done = 0;
    for (std::size_t i = 0; i <= batch.cuts.size(); ++i) {
        const auto end = i < batch.cuts.size() ? batch.cuts[i].offset : batch.bytes.size();
        if (end > done) {
            auto part = write_part(std::string_view(batch.bytes).substr(done, end - done));
            done += part.bytes;
            if (part.failure) return {.bytes = done, .failure = std::move(part.failure)};
        }
        if (i == batch.cuts.size()) break;
        if (auto started = start(batch.cuts[i].first); !started)
            return {.bytes = done, .failure = started.error()};
    }
    return {.bytes = done};
}

SegmentWriter::Written SegmentWriter::write_part(std::string_view bytes) {
    const auto count = disk_->write(file_->get(), as_bytes(bytes));
    if (!count) return {.failure = with_name(count.error(), name_)};
    if (*count == bytes.size()) {
        bytes_ += *count;
        return {.bytes = *count};
    }
    const auto newline = bytes.substr(0, *count).rfind('\n');
    const auto whole = newline == std::string_view::npos ? 0 : newline + 1;
    bytes_ += whole;
    Error failure{Errc::failed, "only " + std::to_string(*count) + " of " +
                                    std::to_string(bytes.size()) + " bytes went into " + name_ +
                                    "; is the disk full?"};
    if (whole < *count) {
        // Should this fail too, the next start finds a torn tail and moves it aside.
        if (auto cut = disk_->truncate(file_->get(), bytes_); !cut)
            failure.detail += "; " + to_text(cut.error());
    }
    return {.bytes = whole, .failure = std::move(failure)};
}

SegmentWriter::Unsynced SegmentWriter::take_unsynced() {
    Unsynced unsynced{.files = std::exchange(finished_, {}),
                      .folder = std::exchange(folder_changed_, false)};
    if (file_) unsynced.files.push_back(file_);
    return unsynced;
}

}  // namespace sallyport::audit
