#include "audit/disclosure_recovery.hpp"

#include "audit/disclosure.hpp"
#include "audit/line_reader.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::audit {
namespace {

/// Behind the last line that speaks of a record before `next`.
Result<std::uint64_t> end_of(const std::filesystem::path& path, Sequence next) {
    auto lines = LineReader::open(path);
    if (!lines) return lines.error();
    std::uint64_t end = 0;
    while (true) {
        const auto line = lines->next();
        if (!line) return line.error();
        if (!*line || !(*line)->whole) return end;
        const auto sequence = disclosed_sequence((*line)->bytes);
        if (sequence && *sequence < next) end = (*line)->offset + (*line)->length;
    }
}

Result<void> cut_tail(const std::filesystem::path& path, Sequence next) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && errno == ENOENT) return {};
    if (!file) return os_error("open " + path.string());
    const auto end = end_of(path, next);
    if (!end) return end.error();
    const auto size = ::lseek(file.get(), 0, SEEK_END);
    if (size < 0) return os_error("seek in " + path.string());
    if (static_cast<std::uint64_t>(size) == *end) return {};
    if (::ftruncate(file.get(), static_cast<off_t>(*end)) != 0)
        return os_error("cut " + path.string());
    if (::fsync(file.get()) != 0) return os_error("fsync " + path.string());
    return {};
}

Result<bool> ends_within_a_line(const std::filesystem::path& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file) return os_error("open " + path.string());
    const auto size = ::lseek(file.get(), 0, SEEK_END);
    char last = '\n';
    if (size < 0 || (size > 0 && ::pread(file.get(), &last, 1, size - 1) < 0))
        return os_error("read " + path.string());
    return last != '\n';
}

/// Of a segment that was finished the loss of power may leave all records, and half a line here,
/// with half a name in it that no erasure would find.
Result<void> cut_torn_line(const std::filesystem::path& path) {
    const auto torn = ends_within_a_line(path);
    if (!torn) return torn.error();
    return *torn ? cut_tail(path, not_recorded) : Result<void>();
}

}  // namespace

Result<void> recover_disclosures(const std::filesystem::path& folder, const Segment* last,
                                 Sequence next) {
    const auto files = list_disclosures(folder);
    if (!files) return files.error();
    bool removed = false;
    for (const auto& file : *files) {
        const bool of_the_log = last && file.first <= last->first;
        if (of_the_log && !file.unfinished) {
            if (auto cut = cut_torn_line(file.path); !cut) return cut;
            continue;
        }
        if (::unlink(file.path.c_str()) != 0 && errno != ENOENT)
            return os_error("remove " + file.path.string());
        removed = true;
    }
    if (last)
        if (auto cut = cut_tail(disclosures_path(*last), next); !cut) return cut;
    return removed ? sync_folder(folder) : Result<void>();
}

}  // namespace sallyport::audit
