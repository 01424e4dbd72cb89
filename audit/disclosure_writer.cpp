#include "audit/disclosure_writer.hpp"

#include "audit/disclosure.hpp"
#include "base/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace sallyport::audit {

void DisclosureWriter::start(Sequence first) {
    name_ = disclosures_name(first);
    // Gives back what is reserved and was not needed.
    if (file_) static_cast<void>(disk_->truncate(file_->get(), bytes_));
    file_.reset();
}

Result<void> DisclosureWriter::open() {
    constexpr mode_t mode = 0640;
    constexpr int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    const auto path = folder_ / name_;
    FileDescriptor file(::open(path.c_str(), flags));
    if (!file && errno == ENOENT) {
        file = FileDescriptor(::open(path.c_str(), flags | O_CREAT | O_EXCL, mode));
        if (file && ::fchmod(file.get(), mode) != 0) return os_error("chmod " + path.string());
        created_ = true;
    }
    if (!file) return os_error("open " + path.string() + " to append to it");
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return os_error("stat " + path.string());
    bytes_ = static_cast<std::uint64_t>(status.st_size);
    reserve_ = Reserve(bytes_);
    file_ = std::make_shared<const FileDescriptor>(std::move(file));
    return {};
}

Result<void> DisclosureWriter::write(std::string_view lines) {
    if (lines.empty()) return {};
    if (!file_)
        if (auto opened = open(); !opened) return opened;
    const auto end = bytes_ + lines.size();
    const auto reserved = reserve_.ahead(*disk_, file_->get(), end);
    if (!reserved && !reserve_.holds(end))
        return Error{reserved.error().code, reserved.error().detail + " " + name_};
    const auto count = disk_->write(file_->get(), as_bytes(lines));
    if (!count) return Error{count.error().code, count.error().detail + " " + name_};
    if (*count == lines.size()) {
        bytes_ += *count;
        return {};
    }
    Error failure{Errc::failed, "only " + std::to_string(*count) + " of " +
                                    std::to_string(lines.size()) + " bytes went into " + name_ +
                                    "; is the disk full?"};
    // Should this fail too, the next start or the repair cuts it off.
    if (auto cut = disk_->truncate(file_->get(), bytes_); !cut) {
        torn_ = true;
        failure.detail += "; " + to_text(cut.error());
    }
    return failure;
}

void DisclosureWriter::take_back(std::string_view lines, Sequence next) {
    auto unwritten = lines;
    while (!unwritten.empty()) {
        const auto sequence = disclosed_sequence(unwritten);
        if (!sequence || *sequence >= next) break;
        unwritten.remove_prefix(unwritten.find('\n') + 1);
    }
    if (unwritten.empty()) return;
    bytes_ -= unwritten.size();
    if (!disk_->truncate(file_->get(), bytes_)) torn_ = true;
}

}  // namespace sallyport::audit
