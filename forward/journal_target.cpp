#include "forward/journal_target.hpp"

#include "base/error.hpp"
#include "forward/journal.hpp"
#include "forward/record_text.hpp"
#include "net/within.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace sallyport::forward {
namespace {

/// Room for the longest entry: its record twice, as message and in fields.
constexpr int send_buffer_bytes = 1024 * 1024;

/// A file without a name that holds the entry, and cannot be changed any more: journald takes no
/// other.
Result<FileDescriptor> sealed_file(std::string_view entry) {
    FileDescriptor file(::memfd_create("sallyport-audit", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return os_error("memfd_create");
    while (!entry.empty()) {
        const auto count = ::write(file.get(), entry.data(), entry.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return os_error("write a file in memory");
        entry.remove_prefix(static_cast<std::size_t>(count));
    }
    constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return os_error("seal a file in memory");
    return file;
}

ssize_t send_descriptor(int socket, int file) {
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(header), &file, sizeof file);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// As a datagram, or where that may not be so long, as a file.
Result<ssize_t> send_entry(int socket, std::string_view entry) {
    const auto count = ::send(socket, entry.data(), entry.size(), MSG_NOSIGNAL);
    if (count >= 0 || errno != EMSGSIZE) return count;
    const auto file = sealed_file(entry);
    if (!file) return file.error();
    return send_descriptor(socket, file->get());
}

}  // namespace

net::Task<Result<void>> JournalTarget::connect() { co_return open(); }

Result<void> JournalTarget::open() {
    const auto path = settings_.path.string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{Errc::limit, path + " is too long for the path of a socket"};
    std::ranges::copy(path, address.sun_path);
    FileDescriptor opened(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!opened) return os_error("open a socket");
    // What the system does not allow is no fault: then the longest entries pass as files.
    (void)::setsockopt(opened.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes,
                       sizeof send_buffer_bytes);
    if (::connect(opened.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return os_error("connect to " + path);
    if (auto added = around_.loop.poller.add(opened.get(), *this); !added) return added;
    socket_ = std::move(opened);
    return {};
}

void JournalTarget::add(const audit::Record& record, std::string_view line) {
    auto entry = journal_entry(program_, record, body_of(record, line, settings_.format));
    if (!repeated_.empty() && repeated_.front() == entry) {
        taken_.push_back(std::move(repeated_.front()));
        repeated_.pop_front();
        return;
    }
    repeated_.clear();  // the log is another one now
    pending_.push_back(std::move(entry));
}

/// Says whether everything was taken.
Result<bool> JournalTarget::send_some() {
    while (!pending_.empty()) {
        const auto& entry = pending_.front();
        const auto sent = send_entry(socket_.get(), entry);
        if (!sent) return sent.error();
        const auto count = *sent;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS))
            return false;
        if (count < 0) return os_error("send to " + settings_.path.string());
        taken_.push_back(std::move(pending_.front()));
        pending_.pop_front();
    }
    return true;
}

net::Task<Result<void>> JournalTarget::flush() {
    auto deadline = net::deadline_in(stall_time);
    while (true) {
        const auto before = pending_.size();
        const auto all = send_some();
        if (!all) co_return all.error();
        if (*all) {
            taken_.clear();
            co_return Result<void>();
        }
        if (pending_.size() < before) deadline = net::deadline_in(stall_time);
        auto waiting = net::wait_for(around_.event);
        if (auto waited = co_await net::within(deadline, std::move(waiting)); !waited)
            co_return Error{Errc::timed_out, "journald takes nothing"};
    }
}

void JournalTarget::close() {
    if (socket_) around_.loop.poller.remove(socket_.get(), *this);
    socket_.close();
    pending_.clear();
    for (auto& entry : repeated_) taken_.push_back(std::move(entry));
    repeated_ = std::exchange(taken_, {});
}

}  // namespace sallyport::forward
