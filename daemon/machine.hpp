// What `doctor` observes of the machine, and what it thinks of that. Judging is pure; looking is
// not, and may block.
#pragma once

#include "daemon/finding.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sallyport::daemon {

/// As whom a program runs.
struct ServiceAccount {
    uid_t user = 0;
    std::vector<gid_t> groups{};
    std::string name{};  // "sallyport"; a number if it has none
};
/// The owner of the state folder is who the service runs as; nothing if that does not exist.
std::optional<ServiceAccount> account_owning(const std::filesystem::path& state_folder);

/// What stat(2) says.
struct FileFacts {
    std::filesystem::path path{};
    int error = 0;  // errno; 0: the rest counts
    bool is_folder = false;
    uid_t user = 0;
    gid_t group = 0;
    mode_t mode = 0;  // permissions only
};
FileFacts look_at_file(const std::filesystem::path& path);

/// What a file must be like.
enum class FileRule : std::uint8_t {
    state_folder,  // the service's, for nobody else
    state_secret,  // made by the service, for nobody else
    secret,        // given to the service: it may read it, everybody else may not
    readable,      // the service may read it
    settings,      // it may read it, and nobody but root and the owner may change it
};
/// The remedy is the very command that mends it.
Judgement judge_file(const FileFacts& facts, FileRule rule, const ServiceAccount& account);
/// By user, group and others, as the kernel does without access lists.
bool may_read(const FileFacts& facts, const ServiceAccount& account);

/// What statvfs(3) says.
struct DiskFacts {
    std::filesystem::path folder{};
    int error = 0;
    std::uint64_t bytes = 0;
    std::uint64_t free_bytes = 0;  // for others than root
    std::uint64_t files = 0;       // inodes; 0: the file system does not count them
    std::uint64_t free_files = 0;
    bool read_only = false;
};
DiskFacts look_at_disk(const std::filesystem::path& folder);
Judgement judge_disk(const DiskFacts& facts);

/// `limit`: RLIMIT_NOFILE of `whose`. `needed`: descriptors for everything that is configured.
struct DescriptorFacts {
    std::uint64_t limit = 0;
    std::uint64_t needed = 0;
    bool of_daemon = false;  // else of this shell, which says little
    std::string unit{};      // "sallyport"
};
Judgement judge_descriptors(const DescriptorFacts& facts);
/// Of the process that listens on the admin socket; nothing if that cannot be found out.
std::optional<std::uint64_t> descriptor_limit_of_daemon(const std::filesystem::path& admin_socket);
std::uint64_t descriptor_limit_here();

/// Our clock less somebody else's.
Judgement judge_skew(std::chrono::seconds skew, std::string_view whose);
/// Whether somebody keeps the kernel's clock right (adjtimex(2)); nothing if it does not say.
std::optional<bool> is_clock_synchronised();
Judgement judge_synchronised(std::optional<bool> synchronised);

/// The zone in which this machine tells people the time, e.g. "CET, +0100".
Judgement judge_time_zone();

/// Whether the kernel has IPv6 at all, and an address with which one gets beyond this link.
struct Ipv6Facts {
    bool kernel = false;
    bool global = false;
};
Ipv6Facts look_at_ipv6();
Judgement judge_ipv6(const Ipv6Facts& facts);

/// `text` as one word of a shell's command line.
std::string shell_word(std::string_view text);

}  // namespace sallyport::daemon
