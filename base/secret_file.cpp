#include "base/secret_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport {
namespace {

constexpr std::string_view credential_scheme = "credential:";
constexpr std::size_t credential_name_bytes_max = 255;  // a file name's

/// systemd.exec(5): a file name.
bool is_credential_name(std::string_view name) {
    return !name.empty() && name.size() <= credential_name_bytes_max && name != "." &&
           name != ".." && std::ranges::all_of(name, [](char c) {
               return c > ' ' && c < 0x7f && c != '/' && c != ':';
           });
}

Error denied(const std::filesystem::path& file, std::string_view why, std::string_view command) {
    return Error{Errc::denied, file.string() + ": " + std::string(why) + ": " +
                                   std::string(command) + " " + file.string()};
}

FileUser own_user() { return {.user = ::geteuid(), .group = ::getegid()}; }

FileRights rights_of(const struct stat& facts) {
    return {.mode = facts.st_mode, .owner = facts.st_uid, .group = facts.st_gid};
}

Error missing(const std::filesystem::path& file) {
    auto error = os_error("open " + file.string());
    if (file.parent_path() == credentials_folder())
        error.detail +=
            "; systemd puts it there while the service runs, if its unit says "
            "LoadCredential=" +
            file.filename().string() + ":/path/of/the/secret";
    return error;
}

}  // namespace

Result<std::filesystem::path> secret_path(std::string_view text,
                                          const std::filesystem::path& credentials) {
    if (text.starts_with(credential_scheme)) {
        const auto name = text.substr(credential_scheme.size());
        if (is_credential_name(name)) return credentials / name;
        return Error{Errc::malformed,
                     "must be credential:NAME with the name in LoadCredential= of the unit"};
    }
    if (text.starts_with('/') && text.find('\0') == text.npos) return std::filesystem::path(text);
    return Error{Errc::malformed,
                 "must be an absolute path, or credential:NAME for what systemd's LoadCredential= "
                 "gives the service"};
}

std::filesystem::path credentials_folder() {
    const char* given = std::getenv("CREDENTIALS_DIRECTORY");  // nobody changes it
    if (given != nullptr && *given == '/') return given;
    return std::filesystem::path("/run/credentials") /
           (std::string(program_invocation_short_name) + ".service");
}

Result<void> judge_secret_file(const std::filesystem::path& file, FileRights rights,
                               FileUser user) {
    constexpr uid_t root = 0;
    if ((rights.mode & S_IRWXO) != 0)
        return denied(file, "everybody on this machine may use it", "chmod o=");
    if ((rights.mode & S_IWGRP) != 0) return denied(file, "its group may change it", "chmod g-w");
    if (user.user == root) return {};
    if (rights.owner != user.user && rights.owner != root)
        return denied(file, "it belongs to another user, who may change it", "chown root");
    const bool own_group = rights.group == user.group || rights.group == root;
    if ((rights.mode & S_IRGRP) != 0 && !own_group)
        return denied(file, "a group other than the service's own may read it", "chmod g=");
    return {};
}

Result<Secret> read_secret_file(const std::filesystem::path& file, std::size_t bytes_max) {
    const FileDescriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat facts {};
    if (!opened || ::fstat(opened.get(), &facts) != 0) return missing(file);
    if (!S_ISREG(facts.st_mode))  // a pipe would let us wait
        return Error{Errc::malformed, file.string() + " is not a file: put a file there"};
    if (auto good = judge_secret_file(file, rights_of(facts), own_user()); !good)
        return good.error();
    std::string text(bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto count = ::read(opened.get(), text.data() + size, text.size() - size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return os_error("read " + file.string());
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    Secret whole(std::move(text));  // wiped, whatever it is
    if (size > bytes_max)
        return Error{Errc::limit,
                     file.string() + " has more than " + std::to_string(bytes_max) + " bytes"};
    return Secret(std::string(whole.reveal().substr(0, size)));
}

Result<void> check_secret_file(const std::filesystem::path& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) return {};
    return judge_secret_file(file, rights_of(facts), own_user());
}

}  // namespace sallyport
