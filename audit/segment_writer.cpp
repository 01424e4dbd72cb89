#include "audit/segment_writer.hpp"

#include "audit/disclosure.hpp"
#include "audit/line.hpp"
#include "base/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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
    reserve_ = Reserve(bytes_);
    disclosures_.start(segment.first);
    return {};
}

/// The file of the next segment, with its reserve. There is no room for it: then there is none for
/// the end of the one before either, and that does not end.
Result<SegmentWriter::Next> SegmentWriter::make(Sequence first) {
    Next next{.name = segment_name(first), .file = nullptr, .reserve = Reserve(0)};
    const auto path = folder_ / next.name;
    FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, segment_mode));
    if (!file) return os_error("create " + path.string());
    if (::fchmod(file.get(), segment_mode) != 0) return os_error("chmod " + path.string());
    if (auto reserved = next.reserve.ahead(*disk_, file.get(), 0); !reserved) {
        static_cast<void>(::unlink(path.c_str()));  // else the next start removes it
        return with_name(reserved.error(), next.name);
    }
    next.file = std::make_shared<const FileDescriptor>(std::move(file));
    return next;
}

void SegmentWriter::change_to(Next next, Sequence first) {
    if (auto disclosures = disclosures_.file()) finished_.push_back(std::move(disclosures));
    disclosures_.start(first);
    if (file_) {
        // Gives back what is reserved and was not needed. If not, it is only wasted.
        static_cast<void>(disk_->truncate(file_->get(), bytes_));
        finished_.push_back(std::move(file_));
    }
    name_ = std::move(next.name);
    file_ = std::move(next.file);
    reserve_ = next.reserve;
    bytes_ = 0;
    folder_changed_ = true;
}

SegmentWriter::Written SegmentWriter::write(const Batch& batch) {
    const std::string_view disclosures(batch.disclosures);
    std::size_t done = 0;
    std::size_t disclosed = 0;
    for (std::size_t i = 0; i <= batch.cuts.size(); ++i) {
        const bool is_last = i == batch.cuts.size();
        const auto end = is_last ? batch.bytes.size() : batch.cuts[i].offset;
        std::optional<Next> next;
        if (!is_last) {
            auto made = make(batch.cuts[i].first);
            if (!made) return {.bytes = done, .failure = made.error()};
            next.emplace(std::move(*made));
        }
        // First: a record on the disk shall never lack what it commits to.
        const auto disclosed_end = is_last ? disclosures.size() : batch.cuts[i].disclosures;
        const auto lines = disclosures.substr(disclosed, disclosed_end - disclosed);
        if (auto told = disclosures_.write(lines); !told)
            return {.bytes = done, .failure = told.error()};
        disclosed = disclosed_end;
        if (end > done) {
            const auto part = std::string_view(batch.bytes).substr(done, end - done);
            auto written = write_reserved(part, !is_last);
            done += written.bytes;
            if (written.failure) {
                // The sequences are given out again.
                const auto unwritten =
                    disclosed_sequence(std::string_view(batch.bytes).substr(done));
                if (unwritten) disclosures_.take_back(lines, *unwritten);
                return {.bytes = done, .failure = std::move(written.failure)};
            }
        }
        if (next) change_to(std::move(*next), batch.cuts[i].first);
    }
    return {.bytes = done};
}

/// `is_end`: the last record of it ends the segment, so that nothing can be written behind it.
SegmentWriter::Written SegmentWriter::write_reserved(std::string_view bytes, bool is_end) {
    const auto end = bytes_ + bytes.size();
    const auto reserved = reserve_.ahead(*disk_, file_->get(), end);
    if (reserved) return write_part(bytes);
    auto failure = with_name(reserved.error(), name_);
    if (is_end || !reserve_.holds(end + record_bytes_max)) return {.failure = std::move(failure)};
    auto written = write_part(bytes);
    if (!written.failure) written.failure = std::move(failure);
    return written;
}

Result<void> SegmentWriter::write_last(std::string_view line) {
    if (torn_ || disclosures_.torn() || !file_)
        return Error{Errc::failed, "no record can follow in " + name_};
    auto written = write_part(line);
    if (written.failure) return std::move(*written.failure);
    return disk_->sync(file_->get());
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
        if (auto cut = disk_->truncate(file_->get(), bytes_); !cut) {
            torn_ = true;
            failure.detail += "; " + to_text(cut.error());
        }
    }
    return {.bytes = whole, .failure = std::move(failure)};
}

SegmentWriter::Unsynced SegmentWriter::take_unsynced() {
    if (disclosures_.take_created()) folder_changed_ = true;
    Unsynced unsynced{.files = std::exchange(finished_, {}),
                      .folder = std::exchange(folder_changed_, false)};
    if (auto disclosures = disclosures_.file()) unsynced.files.push_back(std::move(disclosures));
    if (file_) unsynced.files.push_back(file_);
    return unsynced;
}

}  // namespace sallyport::audit
