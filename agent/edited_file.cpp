#include "agent/edited_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/write_all.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sallyport::agent {
namespace {

/// As a new file of whoever calls, if it has the right to give it away.
Result<void> dress_like(int fd, const struct stat& model, const std::string& name) {
    struct stat own {};
    if (::fstat(fd, &own) != 0) return os_error("stat " + name);
    const bool differs = own.st_uid != model.st_uid || own.st_gid != model.st_gid;
    if (differs && ::fchown(fd, model.st_uid, model.st_gid) != 0)
        return os_error("give " + name +
                        " the owner and group of the file it replaces (run this "
                        "as that user, or as root)");
    if (::fchmod(fd, model.st_mode & 07777) != 0) return os_error("chmod " + name);
    return {};
}

/// mappings.d, with owner, group and rights of the folder it is in.
Result<void> make_missing_folder(const std::filesystem::path& folder,
                                 const std::filesystem::path& model) {
    if (::mkdir(folder.c_str(), 0750) != 0) {
        if (errno == EEXIST) return {};
        return os_error("create folder " + folder.string());
    }
    struct stat like {};
    if (::stat(model.parent_path().c_str(), &like) != 0) return os_error("stat " + folder.string());
    if (::chown(folder.c_str(), like.st_uid, like.st_gid) != 0 ||
        ::chmod(folder.c_str(), like.st_mode & 07777) != 0)
        return os_error("give " + folder.string() + " the owner and rights of the folder above");
    return {};
}

Result<void> is_unchanged(const EditedFile& file, const std::filesystem::path& target) {
    const Error changed{Errc::conflict, target.string() +
                                            " was changed by somebody else meanwhile, so nothing "
                                            "was changed: try again"};
    const auto now = read_file(target);
    if (file.is_new) {
        if (!now && now.error().code == std::errc::no_such_file_or_directory) return {};
        return now ? changed : now.error();
    }
    if (!now) return now.error();
    if (*now != file.before) return changed;
    return {};
}

}  // namespace

Result<void> write_edited(const EditedFile& file, const std::filesystem::path& model) {
    std::error_code failure;
    const auto target = file.is_new ? file.path : std::filesystem::canonical(file.path, failure);
    if (failure) return Error{failure, "find " + file.path.string()};
    if (file.is_new)
        if (auto made = make_missing_folder(target.parent_path(), model); !made) return made;
    struct stat like {};
    if (::stat((file.is_new ? model : target).c_str(), &like) != 0)
        return os_error("stat " + target.string());
    // Hidden, and not *.toml: a reload that looks now does not see it.
    auto temporary =
        (target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string();
    FileDescriptor fd(::mkostemp(temporary.data(), O_CLOEXEC));
    if (!fd) return os_error("create a file in " + target.parent_path().string());
    const auto give_up = [&](Error error) {
        ::unlink(temporary.c_str());
        return error;
    };
    if (auto written = write_all(fd.get(), file.after, temporary); !written)
        return give_up(written.error());
    if (auto dressed = dress_like(fd.get(), like, temporary); !dressed)
        return give_up(dressed.error());
    if (::fsync(fd.get()) != 0) return give_up(os_error("fsync " + temporary));
    if (auto same = is_unchanged(file, target); !same) return give_up(same.error());
    if (::rename(temporary.c_str(), target.c_str()) != 0)
        return give_up(os_error("rename " + temporary + " to " + target.string()));
    return sync_folder(target.parent_path());
}

}  // namespace sallyport::agent
