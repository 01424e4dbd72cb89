#include "forward/segment_upload.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "ssh/sftp_fault.hpp"
#include "ssh/sftp_temporary.hpp"
#include "ssh/sftp_transfer.hpp"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sallyport::forward {
namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr mode_t permission_bits = 0777;

/// The next bytes of the file; none at its end.
Result<std::size_t> read_some(const FileDescriptor& file, std::vector<char>& chunk) {
    while (true) {
        const auto count = ::read(file.get(), chunk.data(), chunk.size());
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EINTR) return os_error("read a segment");
    }
}

net::Task<Result<void>> move_content(ssh::SftpClient& client, UploadWatch& watch,
                                     const FileDescriptor& file, const std::string& handle) {
    ssh::SftpUpload upload(client, handle);
    std::vector<char> chunk(chunk_bytes);
    std::string_view left;
    bool ended = false;
    while (true) {
        if (auto received = client.receive(); !received) co_return received.error();
        if (auto good = watch.may_go_on(); !good) co_return good.error();
        bool full = false;
        while (!ended && !full) {
            if (left.empty()) {
                const auto count = read_some(file, chunk);
                if (!count) co_return count.error();
                left = {chunk.data(), *count};
                ended = left.empty();
            }
            const auto taken = upload.write(as_bytes(left));
            if (!taken) co_return taken.error();
            left.remove_prefix(*taken);
            full = !left.empty();
        }
        if (ended) {
            const auto complete = upload.complete();
            if (!complete) co_return complete.error();
            if (*complete) co_return Result<void>();
        }
        co_await watch.event().wait();
    }
}

net::Task<Result<void>> give_name(ssh::SftpClient& client, const std::string& from,
                                  const std::string& to) {
    if (client.has_posix_rename()) co_return co_await client.posix_rename(from, to);
    (void)co_await client.remove(to);  // of an attempt whose end we did not hear of
    co_return co_await client.rename(from, to);
}

}  // namespace

UploadWatch::UploadWatch(net::IdleSweep& sweep, net::Event& event, const ssh::SftpClient& client)
    : sweep_(sweep), event_(event), client_(client), progress_(client.progress()) {
    sweep_.add(*this, net::deadline_in(stall_time));
}

Result<void> UploadWatch::may_go_on() const {
    if (!expired_) return {};
    return Error{Errc::timed_out, "the file server stands still"};
}

void UploadWatch::on_deadline() {
    const auto progress = client_.progress();
    expired_ = progress == progress_;
    progress_ = progress;
    if (!expired_) return sweep_.add(*this, net::deadline_in(stall_time));
    event_.set();
}

net::Task<Result<void>> upload_file(ssh::SftpClient& client, UploadWatch& watch,
                                    std::filesystem::path file, std::string folder) {
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!opened) co_return os_error("open " + file.string());
    struct stat facts {};
    if (::fstat(opened.get(), &facts) != 0) co_return os_error("look at " + file.string());
    if (!folder.ends_with('/')) folder += '/';
    // Always the same name: attempts whose connection broke leave one file, and not one each.
    const auto name = file.filename().string();
    ssh::SftpTemporary temporary(client, folder, std::string(ssh::upload_prefix) + name);
    (void)co_await client.remove(temporary.path());
    const auto mode = static_cast<std::uint32_t>(facts.st_mode & permission_bits);
    if (auto begun = co_await temporary.open(mode); !begun) co_return begun.error();
    auto moving = move_content(client, watch, opened, temporary.handle());
    if (auto moved = co_await std::move(moving); !moved) co_return moved.error();
    if (client.has_fsync())
        if (auto synced = co_await client.sync(temporary.handle()); !synced)
            co_return synced.error();
    if (auto closed = co_await temporary.close(); !closed) co_return closed.error();
    const auto to = folder + name;
    auto naming = give_name(client, temporary.path(), to);
    if (auto named = co_await std::move(naming); !named) co_return named.error();
    temporary.has_its_name();
    co_return Result<void>();
}

std::string folder_of_log(std::string_view folder, std::string_view origin) {
    std::string name(origin);
    for (char& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!plain) c = '-';
    }
    std::string path(folder);
    if (!name.empty() && !path.ends_with('/')) path += '/';
    return path + name;
}

net::Task<Result<void>> make_upload_folder(ssh::SftpClient& client, std::string folder) {
    const auto there = co_await client.lstat(folder);
    if (there || there.error().code != ssh::SftpFault::no_such_file) {
        if (there) co_return Result<void>();
        co_return Error{there.error().code, folder + ": " + there.error().detail};
    }
    auto made = co_await client.make_folder(folder);
    if (!made) co_return Error{made.error().code, "make " + folder + ": " + made.error().detail};
    co_return Result<void>();
}

}  // namespace sallyport::forward
