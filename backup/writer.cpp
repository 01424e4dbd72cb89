#include "backup/writer.hpp"

#include "backup/tar.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/write_all.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::backup {
namespace {

constexpr std::size_t copy_bytes = 64 * 1024;

std::filesystem::path folder_of(const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

Error is_there_already(const std::filesystem::path& file) {
    return {Errc::conflict,
            file.string() + " exists, and was left as it is; name another file, or give --force"};
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::create(Settings settings, const Secret& passphrase) {
    std::unique_ptr<Writer> writer(new Writer(std::move(settings)));
    if (auto opened = writer->open(); !opened) return opened.error();
    auto age = certs::AgeWriter::begin(
        passphrase, [self = writer.get()](std::string_view bytes) { return self->store(bytes); },
        writer->settings_.work_factor);
    if (!age) return age.error();
    writer->age_.emplace(std::move(*age));
    return writer;
}

Writer::~Writer() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> Writer::open() {
    const auto& file = settings_.file;
    struct stat facts {};
    if (settings_.existing == Existing::refuse && ::lstat(file.c_str(), &facts) == 0)
        return is_there_already(file);
    auto name = file.string() + ".XXXXXX";
    file_ = FileDescriptor(::mkostemp(name.data(), O_CLOEXEC));  // 0600
    if (!file_) return os_error("create a file in " + folder_of(file).string());
    temporary_ = name;
    return {};
}

/// Encrypted bytes.
Result<void> Writer::store(std::string_view bytes) {
    whole_.update(as_bytes(bytes));
    summary_.bytes += bytes.size();
    return write_all(file_.get(), bytes, settings_.file.string());
}

Result<void> Writer::begin_entry(const Entry& entry) {
    const auto block = write_tar_block(entry);
    if (!block) return block.error();
    if (summary_.files == entries_max)
        return Error{Errc::limit,
                     "a backup holds " + std::to_string(entries_max) + " files at most"};
    return age_->write(*block);
}

Result<void> Writer::write_content(std::string_view bytes) {
    content_.update(as_bytes(bytes));
    summary_.content_bytes += bytes.size();
    return age_->write(bytes);
}

Result<void> Writer::end_entry(const Entry& entry) {
    ++summary_.files;
    digests_ += to_hex(content_.finish()) + "  " + entry.name + "\n";
    if (settings_.progress) settings_.progress(summary_.content_bytes);
    return age_->write(std::string(tar_padding(entry.size), '\0'));
}

Result<void> Writer::add(const std::string& name, std::string_view content, mode_t mode) {
    const Entry entry{.name = name, .size = content.size(), .mode = mode};
    if (auto begun = begin_entry(entry); !begun) return begun;
    if (auto written = write_content(content); !written) return written;
    return end_entry(entry);
}

Result<void> Writer::add(const Entry& entry, const FileDescriptor& file) {
    if (auto begun = begin_entry(entry); !begun) return begun;
    std::array<char, copy_bytes> buffer{};
    for (auto left = entry.size; left > 0;) {
        const auto wanted = std::min<std::uint64_t>(left, buffer.size());
        const auto count = ::read(file.get(), buffer.data(), wanted);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + entry.name);
        if (count == 0) return Error{Errc::cut, entry.name + " became shorter while it was read"};
        const auto size = static_cast<std::size_t>(count);
        if (auto written = write_content({buffer.data(), size}); !written) return written;
        left -= size;
    }
    return end_entry(entry);
}

Result<Writer::Summary> Writer::finish() {
    const auto digests = std::move(digests_);
    if (auto added = add(std::string(digests_name), digests); !added) return added.error();
    if (auto ended = age_->write(std::string(2 * tar_block_bytes, '\0')); !ended)
        return ended.error();
    if (auto ended = age_->finish(); !ended) return ended.error();
    if (::fsync(file_.get()) != 0) return os_error("fsync " + settings_.file.string());
    if (auto named = take_name(); !named) return named.error();
    summary_.sha256 = to_hex(whole_.finish());
    return summary_;
}

/// Of two that write the same file, one gets to know that it lost.
Result<void> Writer::take_name() {
    const auto& file = settings_.file;
    if (settings_.existing == Existing::replace) {
        if (std::rename(temporary_.c_str(), file.c_str()) != 0)
            return os_error("rename " + temporary_.string() + " to " + file.string());
    } else {
        if (::link(temporary_.c_str(), file.c_str()) != 0)
            return errno == EEXIST ? is_there_already(file) : os_error("create " + file.string());
        ::unlink(temporary_.c_str());
    }
    temporary_.clear();
    return sync_folder(folder_of(file));
}

}  // namespace sallyport::backup
