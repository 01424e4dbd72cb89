#include "backup/reader.hpp"

#include "backup/tar.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sallyport::backup {
namespace {

constexpr std::size_t skip_bytes = 64 * 1024;

Error broken_archive(std::string what) { return {Errc::malformed, "the backup " + what}; }

}  // namespace

/// Exactly so many, or an error.
Result<std::string> ArchiveReader::take(std::size_t bytes) {
    std::string text(bytes, '\0');
    std::size_t size = 0;
    while (size < bytes) {
        const auto count = source_(std::span(text).subspan(size));
        if (!count) return count.error();
        if (*count == 0) return broken_archive("ends too early");
        size += *count;
    }
    return text;
}

Result<std::optional<Entry>> ArchiveReader::next() {
    if (auto ended = end_entry(); !ended) return ended.error();
    const auto block = take(tar_block_bytes);
    if (!block) return block.error();
    auto entry = read_tar_block(*block);
    if (!entry) return entry.error();
    if (!*entry) return broken_archive("ends without its list of digests");
    if (files_ == 0 && (*entry)->name != about_name)
        return broken_archive("does not begin with " + std::string(about_name));
    if (++files_ > entries_max) return Error{Errc::limit, "the backup has too many files"};
    left_ = (*entry)->size;
    entry_ = **entry;
    if (entry_->name != digests_name) return entry;
    if (auto checked = check_digests(*entry_); !checked) return checked.error();
    return std::optional<Entry>();
}

Result<std::size_t> ArchiveReader::read(std::span<char> out) {
    if (left_ == 0) return std::size_t{0};
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, out.size()));
    const auto count = source_(out.first(wanted));
    if (!count) return count.error();
    if (*count == 0) return broken_archive("ends within " + entry_->name);
    content_.update(as_bytes(std::string_view(out.data(), *count)));
    content_bytes_ += *count;
    left_ -= *count;
    return count;
}

Result<std::string> ArchiveReader::read_all(std::size_t bytes_max) {
    if (left_ > bytes_max)
        return Error{Errc::limit, entry_->name + " in the backup has more than " +
                                      std::to_string(bytes_max) + " bytes"};
    std::string text(static_cast<std::size_t>(left_), '\0');
    for (std::size_t size = 0; size < text.size();) {
        const auto count = read(std::span(text).subspan(size));
        if (!count) return count.error();
        size += *count;
    }
    return text;
}

Result<void> ArchiveReader::end_entry() {
    if (!entry_) return {};
    std::array<char, skip_bytes> buffer{};
    while (left_ > 0)
        if (auto skipped = read(buffer); !skipped) return skipped.error();
    const auto padding = take(tar_padding(entry_->size));
    if (!padding) return padding.error();
    if (padding->find_first_not_of('\0') != std::string::npos)
        return broken_archive("has something behind " + entry_->name);
    const auto line = to_hex(content_.finish()) + "  " + entry_->name + "\n";
    list_.update(as_bytes(line));
    list_bytes_ += line.size();
    entry_.reset();
    return {};
}

/// Compared without being kept: there may be a million lines.
Result<void> ArchiveReader::check_digests(const Entry& digests) {
    if (digests.size != list_bytes_)
        return Error{Errc::untrusted, "the backup's list of digests is not of its files"};
    certs::Sha256Hasher found;
    std::array<char, skip_bytes> buffer{};
    while (left_ > 0) {
        const auto count = read(buffer);
        if (!count) return count.error();
        found.update(as_bytes(std::string_view(buffer.data(), *count)));
    }
    if (found.finish() != list_.finish())
        return Error{Errc::untrusted, "the digest of a file in the backup is not right"};
    if (auto ended = end_entry(); !ended) return ended;
    return check_end();
}

/// Two blocks of zeros, which other programs may make more of.
Result<void> ArchiveReader::check_end() {
    const auto end = take(2 * tar_block_bytes);
    if (!end) return end.error();
    auto rest = *end;
    while (!rest.empty()) {
        if (rest.find_first_not_of('\0') != std::string::npos)
            return broken_archive("has something behind its list of digests");
        rest.resize(skip_bytes);
        const auto count = source_(rest);
        if (!count) return count.error();
        rest.resize(*count);
    }
    return {};
}

Result<std::unique_ptr<Reader>> Reader::open(const std::filesystem::path& file,
                                             const Secret& passphrase) {
    std::unique_ptr<Reader> reader(new Reader);
    reader->file_ = FileDescriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!reader->file_) return os_error("open " + file.string());
    auto age = certs::AgeReader::open(
        passphrase,
        [self = reader.get(), name = file.string()](std::span<char> out) -> Result<std::size_t> {
            while (true) {
                const auto count = ::read(self->file_.get(), out.data(), out.size());
                if (count < 0 && errno == EINTR) continue;
                if (count < 0) return os_error("read " + name);
                self->bytes_ += static_cast<std::size_t>(count);
                return static_cast<std::size_t>(count);
            }
        });
    if (!age) return Error{age.error().code, file.string() + ": " + age.error().detail};
    reader->age_.emplace(std::move(*age));
    reader->archive_.emplace(
        [self = reader.get()](std::span<char> out) { return self->age_->read(out); });
    return reader;
}

}  // namespace sallyport::backup
