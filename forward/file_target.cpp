#include "forward/file_target.hpp"

#include "base/error.hpp"
#include "forward/record_text.hpp"
#include "net/blocking_pool.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sallyport::forward {
namespace {

constexpr mode_t file_mode = 0640;

Result<std::shared_ptr<const FileDescriptor>> open_file(const std::filesystem::path& path) {
    // Not blocking: a pipe that nobody reads is told apart below.
    constexpr int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    FileDescriptor file(::open(path.c_str(), flags, file_mode));
    if (!file) return os_error("open " + path.string());
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0) return os_error("look at " + path.string());
    if (!S_ISREG(facts.st_mode))
        return Error{Errc::unsupported, path.string() + " is no regular file"};
    if (facts.st_size == 0)
        if (auto synced = sync_folder(path.parent_path()); !synced) return synced.error();
    return std::make_shared<const FileDescriptor>(std::move(file));
}

bool was_rotated(const FileDescriptor& file, const std::filesystem::path& path) {
    struct stat named {};
    struct stat ours {};
    if (::stat(path.c_str(), &named) != 0) return true;
    if (::fstat(file.get(), &ours) != 0) return true;
    return named.st_ino != ours.st_ino || named.st_dev != ours.st_dev;
}

Result<void> make_durable(const FileDescriptor& file) {
    if (::fdatasync(file.get()) != 0) return os_error("make the file durable");
    return {};
}

Result<bool> ends_in_a_line(const FileDescriptor& file, off_t size) {
    char last = '\n';
    if (size > 0 && ::pread(file.get(), &last, 1, size - 1) != 1)
        return os_error("read the end of the file");
    return last == '\n';
}

Result<void> append(const FileDescriptor& file, const Settings& settings, std::string lines) {
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0) return os_error("look at " + settings.path.string());
    const auto whole = ends_in_a_line(file, facts.st_size);
    if (!whole) return whole.error();
    // After a loss of power half a line may stand there; the next one must not become its end.
    if (!*whole) lines.insert(0, 1, '\n');
    const auto before = static_cast<std::uint64_t>(facts.st_size);
    if (before + lines.size() > settings.size_max)
        return Error{Errc::limit, settings.path.string() +
                                      " has reached size_max: rotate it, or raise size_max"};
    ssize_t count = 0;
    do count = ::write(file.get(), lines.data(), lines.size());
    while (count < 0 && errno == EINTR);
    if (count == static_cast<ssize_t>(lines.size())) return {};
    auto error = count < 0 ? os_error("write " + settings.path.string())
                           : Error{Errc::failed, "no room for " + settings.path.string()};
    // What was written in part comes once more; a line of which only the start is there would not
    // be readable.
    if (count > 0 && ::ftruncate(file.get(), facts.st_size) != 0)
        error.detail += "; the end of the file is not whole";
    return error;
}

}  // namespace

void FileTarget::add(const audit::Record& record, std::string_view line) {
    pending_ += body_of(record, line, settings_.format);
    pending_ += '\n';
}

net::Task<Result<void>> FileTarget::flush() {
    std::function<Result<File>()> job = [file = file_, settings = settings_,
                                         lines = std::exchange(pending_, {})] {
        return deliver(file, settings, lines);
    };
    auto writing = net::run_on_pool<File>(around_.pool, around_.loop, std::move(job));
    auto written = co_await std::move(writing);
    if (!written) co_return written.error();
    file_ = std::move(*written);
    co_return Result<void>();
}

Result<FileTarget::File> FileTarget::deliver(File file, const Settings& settings,
                                             std::string lines) {
    if (!file || was_rotated(*file, settings.path)) {
        if (file)
            if (auto done = make_durable(*file); !done) return done.error();
        auto opened = open_file(settings.path);
        if (!opened) return opened.error();
        file = std::move(*opened);
    }
    if (lines.empty()) return file;
    if (auto done = append(*file, settings, std::move(lines)); !done) return done.error();
    return file;
}

net::Task<Result<void>> FileTarget::sync() {
    if (!file_) co_return Result<void>();
    std::function<Result<void>()> job = [file = file_] { return make_durable(*file); };
    auto done = net::run_on_pool<void>(around_.pool, around_.loop, std::move(job));
    co_return co_await std::move(done);
}

}  // namespace sallyport::forward
