#include "audit/file_erasure.hpp"

#include "audit/query.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace sallyport::audit {
namespace {

/// Written at once.
constexpr std::size_t kept_bytes_max = 1024 * 1024;
constexpr std::string_view unconfirmed = " (unconfirmed)";

}  // namespace

FileErasure::FileErasure(std::filesystem::path path, std::filesystem::path segment,
                         const ErasureOrder& order, Disk& disk)
    : path_(std::move(path)), order_(order), disk_(disk) {
    if (!segment.empty()) times_.emplace(std::move(segment));
}

FileErasure::~FileErasure() {
    if (to_) ::unlink(unfinished_path(path_).c_str());
}

bool FileErasure::matches_subject(const Disclosure& disclosure) const {
    std::string_view value = disclosure.value;
    if (order_.pattern) return matches(order_.subject, value);
    if (disclosure.field == "bound_as" && value.ends_with(unconfirmed))
        value.remove_suffix(unconfirmed.size());
    return value == order_.subject || unmark(value) == order_.subject;
}

Result<bool> FileErasure::concerned() {
    const auto is_subject = [&](const Line& line) { return matches_subject(line.disclosure); };
    if (std::ranges::none_of(group_, is_subject)) return false;
    if (!order_.until || !times_) return true;
    const auto time = times_->of(group_.front().disclosure.sequence);
    if (!time) return time.error();
    return !*time || **time < *order_.until;
}

/// The lines of one record stay or go together.
Result<void> FileErasure::decide() {
    if (group_.empty()) return {};
    const auto goes = concerned();
    if (!goes) return goes.error();
    if (*goes) values_ += group_.size();
    if (!*goes && !order_.dry_run)
        for (const auto& line : group_) kept_ += line.text;
    group_.clear();
    return kept_.size() < kept_bytes_max ? Result<void>() : write();
}

Result<void> FileErasure::read(Sequence before) {
    auto lines = LineReader::open(path_, offset_);
    if (!lines) return lines.error();
    while (true) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole) return decide();
        auto disclosure = parse_disclosure((*line)->bytes);
        if (disclosure && disclosure->sequence >= before) return decide();
        offset_ += (*line)->length;
        if (!disclosure) continue;  // nobody can read it, and it may be anybody's
        const bool other =
            !group_.empty() && group_.front().disclosure.sequence != disclosure->sequence;
        if (other)
            if (auto decided = decide(); !decided) return decided;
        group_.push_back({std::string((*line)->bytes), std::move(*disclosure)});
    }
}

Result<void> FileErasure::write() {
    constexpr mode_t mode = 0640;
    const auto path = unfinished_path(path_);
    if (!to_) {
        to_ = FileDescriptor(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
        if (!to_) return os_error("create " + path.string());
        if (::fchmod(to_.get(), mode) != 0) return os_error("chmod " + path.string());
    }
    unsynced_ = true;
    std::string_view left = kept_;
    while (!left.empty()) {
        const auto count = disk_.write(to_.get(), as_bytes(left));
        if (!count) return Error{count.error().code, count.error().detail + " " + path.string()};
        left.remove_prefix(*count);
    }
    kept_.clear();
    return {};
}

Result<void> FileErasure::sync() {
    if (!std::exchange(unsynced_, false)) return {};
    return disk_.sync(to_.get());
}

Result<void> FileErasure::write_left() {
    if (auto written = write(); !written) return written;
    return sync();
}

Result<void> FileErasure::replace() {
    if (!kept_.empty())
        if (auto written = write(); !written) return written;
    if (auto synced = sync(); !synced) return synced;
    const auto path = unfinished_path(path_);
    if (std::rename(path.c_str(), path_.c_str()) != 0) return os_error("rename " + path.string());
    to_.close();
    return {};
}

}  // namespace sallyport::audit
