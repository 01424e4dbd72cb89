// Files and file systems.
#include "daemon/account.hpp"
#include "daemon/machine.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace sallyport::daemon {
namespace {

constexpr int groups_of_account = 64;  // looked at
constexpr std::uint64_t one_mebibyte = 1024 * 1024;
constexpr std::uint64_t free_bytes_needed = 64 * one_mebibyte;
constexpr std::uint64_t free_files_needed = 1'000;
constexpr std::uint64_t low_percent = 10;

std::string octal(mode_t mode) {
    std::array<char, 8> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04o", mode);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string owner_text(uid_t user) {
    const auto name = account_of(user);
    return name.empty() ? std::to_string(user) : name;
}

std::string described(const FileFacts& facts) {
    return facts.path.string() + ": " + owner_text(facts.user) + ", mode " + octal(facts.mode);
}

/// Owner and mode in one command.
std::string mend(const FileFacts& facts, const ServiceAccount& account, const char* mode) {
    const auto path = shell_word(facts.path.string());
    const auto chmod = std::string("chmod ") + mode + " " + path;
    if (facts.user == account.user) return chmod;
    return "chown " + shell_word(account.name) + " " + path + " && " + chmod;
}

Judgement judge_missing(const FileFacts& facts, FileRule rule, const ServiceAccount& account) {
    const auto path = shell_word(facts.path.string());
    const auto seen = facts.path.string() + ": " + std::strerror(facts.error);
    if (facts.error == EACCES)
        return Judgement::failed(
            seen, "Run this as root or as " + account.name + ": sudo -u " + account.name +
                      " ...; if it was, a folder above keeps it out: namei -l " + path);
    if (rule == FileRule::state_folder)
        return Judgement::failed(seen,
                                 "install -d -m 0700 -o " + shell_word(account.name) + " " + path);
    return Judgement::failed(seen, "Put the file there, or correct its name in the configuration.");
}

/// What a program refuses to read (docs/CONFIGURATION.md#secrets).
std::optional<Judgement> judge_secret(const FileFacts& facts, const ServiceAccount& account) {
    const auto seen = described(facts);
    const auto path = shell_word(facts.path.string());
    const bool is_own_group =
        facts.group == 0 || std::ranges::find(account.groups, facts.group) != account.groups.end();
    if ((facts.mode & S_IRWXO) != 0)
        return Judgement::failed(seen + ": everybody on this machine can read a secret",
                                 "chmod o= " + path);
    if (facts.user != 0 && facts.user != account.user)
        return Judgement::failed(seen + ": it belongs to somebody who is not to know it",
                                 "chown root " + path);
    if (!facts.is_folder && (facts.mode & S_IWGRP) != 0)
        return Judgement::failed(seen + ": its group can change it", "chmod g-w " + path);
    if ((facts.mode & S_IRGRP) != 0 && !is_own_group)
        return Judgement::failed(seen + ": others than " + account.name + " can read a secret",
                                 "chmod g= " + path);
    return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::uint64_t gibibyte = 1024 * one_mebibyte;
    if (bytes >= 10 * gibibyte) return std::to_string(bytes / gibibyte) + " GiB";
    return std::to_string(bytes / one_mebibyte) + " MiB";
}

}  // namespace

std::string shell_word(std::string_view text) {
    const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("/._-+@:,=").find(c) != std::string_view::npos;
    });
    if (plain) return std::string(text);
    std::string word = "'";
    for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

std::optional<ServiceAccount> account_owning(const std::filesystem::path& state_folder) {
    struct stat facts {};
    if (::stat(state_folder.c_str(), &facts) != 0) return std::nullopt;
    ServiceAccount account{.user = facts.st_uid, .groups = {}, .name = owner_text(facts.st_uid)};
    constexpr std::size_t entry_bytes = 16 * 1024;
    std::array<char, entry_bytes> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(facts.st_uid, &entry, buffer.data(), buffer.size(), &found) != 0 ||
        found == nullptr) {
        account.groups.push_back(facts.st_gid);
        return account;
    }
    account.groups.resize(groups_of_account);
    int count = groups_of_account;
    ::getgrouplist(found->pw_name, found->pw_gid, account.groups.data(), &count);
    account.groups.resize(static_cast<std::size_t>(std::clamp(count, 0, groups_of_account)));
    return account;
}

FileFacts look_at_file(const std::filesystem::path& path) {
    FileFacts facts{.path = path};
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        facts.error = errno;
        return facts;
    }
    facts.is_folder = S_ISDIR(found.st_mode);
    facts.user = found.st_uid;
    facts.group = found.st_gid;
    facts.mode = found.st_mode & 07777U;
    return facts;
}

bool may_read(const FileFacts& facts, const ServiceAccount& account) {
    if (account.user == 0) return true;
    if (facts.user == account.user) return (facts.mode & S_IRUSR) != 0;
    const bool in_group = std::ranges::find(account.groups, facts.group) != account.groups.end();
    return (facts.mode & (in_group ? S_IRGRP : S_IROTH)) != 0;
}

Judgement judge_file(const FileFacts& facts, FileRule rule, const ServiceAccount& account) {
    if (facts.error != 0) return judge_missing(facts, rule, account);
    constexpr mode_t group_and_others = S_IRWXG | S_IRWXO;
    const auto seen = described(facts);
    const auto path = shell_word(facts.path.string());
    switch (rule) {
        case FileRule::state_folder:
            if (!facts.is_folder)
                return Judgement::failed(seen + ": it is no folder",
                                         "Move it away, or name another folder.");
            if (facts.user != account.user || (facts.mode & group_and_others) != 0)
                return Judgement::failed(seen + ": others than " + account.name + " get in",
                                         mend(facts, account, "0700"));
            return Judgement::good(seen);
        case FileRule::state_secret:
            if (facts.user != account.user || (facts.mode & group_and_others) != 0)
                return Judgement::failed(
                    seen + ": others than " + account.name + " can read a secret",
                    mend(facts, account, "0600"));
            return Judgement::good(seen);
        case FileRule::secret:
            if (auto judged = judge_secret(facts, account)) return *judged;
            break;
        case FileRule::settings:
            if ((facts.mode & S_IWOTH) != 0)
                return Judgement::failed(seen + ": everybody on this machine can change it",
                                         "chmod o-w " + path);
            break;
        case FileRule::readable:
            break;
    }
    if (!may_read(facts, account))
        return Judgement::failed(seen + ": " + account.name + " cannot read it",
                                 "chgrp " + shell_word(account.name) + " " + path +
                                     " && chmod g+r" + (facts.is_folder ? "x " : " ") + path);
    return Judgement::good(seen);
}

DiskFacts look_at_disk(const std::filesystem::path& folder) {
    DiskFacts facts{.folder = folder};
    struct statvfs found {};
    if (::statvfs(folder.c_str(), &found) != 0) {
        facts.error = errno;
        return facts;
    }
    facts.bytes = std::uint64_t{found.f_blocks} * found.f_frsize;
    facts.free_bytes = std::uint64_t{found.f_bavail} * found.f_frsize;
    facts.files = found.f_files;
    facts.free_files = found.f_favail;
    facts.read_only = (found.f_flag & ST_RDONLY) != 0;
    return facts;
}

Judgement judge_disk(const DiskFacts& facts) {
    const auto folder = facts.folder.string();
    if (facts.error != 0)
        return Judgement::failed(folder + ": " + std::strerror(facts.error),
                                 "Make the folder, and give it to the user of the service.");
    auto seen =
        folder + ": " + size_text(facts.free_bytes) + " of " + size_text(facts.bytes) + " free";
    if (facts.files > 0)
        seen += ", " + std::to_string(facts.free_files) + " of " + std::to_string(facts.files) +
                " inodes";
    if (facts.read_only)
        return Judgement::failed(seen + ", mounted read-only",
                                 "Mount it for writing: mount -o remount,rw, after `dmesg` has "
                                 "told why the kernel made it so.");
    const auto room = "Make room, e.g. with `audit retention --keep-days N --now`, or give " +
                      folder + " a larger file system.";
    if (facts.free_bytes < free_bytes_needed) return Judgement::failed(seen, room);
    if (facts.files > 0 && facts.free_files < free_files_needed)
        return Judgement::failed(seen, "Delete files that nobody needs from the file system of " +
                                           folder + ": it has room, but no inodes.");
    if (facts.free_bytes < facts.bytes / 100 * low_percent) return Judgement::warning(seen, room);
    if (facts.files > 0 && facts.free_files < facts.files / 100 * low_percent)
        return Judgement::warning(seen, "Delete files that nobody needs from the file system of " +
                                            folder + ": its inodes will soon be used up.");
    return Judgement::good(seen);
}

}  // namespace sallyport::daemon
