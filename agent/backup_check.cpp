#include "agent/backup_check.hpp"

#include "agent/backup_files.hpp"
#include "backup/extract.hpp"
#include "base/error.hpp"

#include <stdlib.h>

namespace sallyport::agent {
namespace {

/// Only this user's, and gone at the end.
class WorkFolder {
public:
    static Result<WorkFolder> make(const std::filesystem::path& parent) {
        auto name = (parent / "sallyport-backup-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            return os_error("create a folder in " + parent.string());
        return WorkFolder(std::move(name));
    }
    WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    WorkFolder& operator=(WorkFolder&&) = delete;
    ~WorkFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

private:
    explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace

Result<BackupCheck> check_backup(const std::filesystem::path& file, const Secret& passphrase,
                                 const std::filesystem::path& work) {
    auto reader = backup::Reader::open(file, passphrase);
    if (!reader) return reader.error();
    const auto folder = WorkFolder::make(work);
    if (!folder) return folder.error();
    auto& archive = (*reader)->archive();
    BackupCheck check;
    bool has_log = false;
    while (true) {
        const auto entry = archive.next();
        if (!entry) return entry.error();
        if (!*entry) break;
        const auto& name = (*entry)->name;
        if (!is_restorable(name))
            return Error{Errc::denied, "it holds a file that no backup of an agent has: " + name};
        if (name == backup::about_name) {
            const auto text = archive.read_all(backup::about_bytes_max);
            if (!text) return text.error();
            auto about = BackupAbout::parse(*text);
            if (!about) return about.error();
            check.about = std::move(*about);
        } else if (name.starts_with(backup_audit_folder)) {
            has_log = true;
            if (auto done = backup::extract(archive, **entry, folder->path(), 0600); !done)
                return done.error();
        }
    }
    check.files = archive.files();
    check.content_bytes = archive.content_bytes();
    if (!has_log) return check;
    auto verified = audit::verify_whole(folder->path() / backup_audit_folder, {});
    if (!verified) return verified.error();
    check.log = std::move(*verified);
    return check;
}

}  // namespace sallyport::agent
