#include "agent/restore_place.hpp"

#include "agent/backup_files.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view aside_prefix = "before-restore-";
constexpr std::string_view moving_mark = "moving";
constexpr std::string_view identity_name = "identity";
constexpr mode_t mode_bits = 07777;

Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
    std::vector<fs::path> all;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure);
         !failure && entry != fs::directory_iterator(); entry.increment(failure))
        all.push_back(entry->path());
    if (failure && failure != std::errc::no_such_file_or_directory)
        return Error{failure, "read " + folder.string()};
    std::ranges::sort(all);
    return all;
}

Result<std::vector<fs::path>> files_below(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failure;
    for (fs::recursive_directory_iterator entry(folder, failure);
         !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure))
        if (entry->is_regular_file(failure)) files.push_back(entry->path());
    if (failure && failure != std::errc::no_such_file_or_directory)
        return Error{failure, "read " + folder.string()};
    std::ranges::sort(files);
    return files;
}

Result<void> move(const fs::path& from, const fs::path& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0)
        return os_error("rename " + from.string() + " to " + to.string());
    return {};
}

/// The first of these names that is free.
fs::path free_name(const fs::path& beginning) {
    std::error_code ignored;
    for (int number = 1;; ++number) {
        fs::path path = beginning.string() + std::to_string(number);
        if (!fs::exists(fs::symlink_status(path, ignored))) return path;
    }
}

/// root restores for the user of the service, who owns the state directory.
Result<void> give_to_owner(const fs::path& staging, const fs::path& state_dir) {
    struct stat facts {};
    if (::stat(state_dir.c_str(), &facts) != 0) return os_error("look at " + state_dir.string());
    if (::geteuid() != 0 || facts.st_uid == 0) return {};
    std::error_code failure;
    std::vector<fs::path> all;
    for (fs::recursive_directory_iterator entry(staging, failure);
         !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure))
        all.push_back(entry->path());
    if (failure) return Error{failure, "read " + staging.string()};
    for (const auto& path : all)
        if (::lchown(path.c_str(), facts.st_uid, facts.st_gid) != 0)
            return os_error("change the owner of " + path.string());
    return {};
}

Result<bool> is_same(const fs::path& path, const fs::path& staged) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return true;
    const auto there = read_file(path);
    const auto wanted = read_file(staged);
    if (!wanted) return wanted.error();
    return there && *there == *wanted;
}

/// With the owner and the mode of the one that it is in.
Result<void> make_config_folder(const fs::path& folder) {
    std::error_code ignored;
    if (fs::is_directory(folder, ignored)) return {};
    const auto parent = folder.parent_path();
    if (!parent.empty() && parent != folder)
        if (auto made = make_config_folder(parent); !made) return made;
    struct stat facts {};
    if (::stat(parent.c_str(), &facts) != 0) return os_error("look at " + parent.string());
    if (auto made = make_folder(folder, facts.st_mode & mode_bits); !made) return made;
    if (::geteuid() == 0 && ::lchown(folder.c_str(), facts.st_uid, facts.st_gid) != 0)
        return os_error("change the owner of " + folder.string());
    return {};
}

/// As whoever set the folder up lets the service read it.
Result<void> put_config_file(const fs::path& staged, const fs::path& path) {
    struct stat facts {};
    if (::stat(staged.c_str(), &facts) != 0) return os_error("look at " + staged.string());
    if (auto made = make_config_folder(path.parent_path()); !made) return made;
    const auto content = read_file(staged);
    if (!content) return content.error();
    if (auto written = replace_file(path, *content, facts.st_mode & mode_bits); !written)
        return Error{written.error().code,
                     written.error().detail +
                         ": run this as root, or bring the configuration there yourself and give "
                         "--keep-config"};
    struct stat folder {};
    if (::geteuid() == 0 && ::stat(path.parent_path().c_str(), &folder) == 0 &&
        ::lchown(path.c_str(), folder.st_uid, folder.st_gid) != 0)
        return os_error("change the owner of " + path.string());
    return {};
}

Result<void> put_state_aside(const fs::path& staging, const fs::path& state_dir,
                             std::vector<std::string>& aside) {
    if (is_being_put_in_place(staging)) return {};
    const auto in_the_way = state_in_the_way(state_dir);
    if (!in_the_way) return in_the_way.error();
    if (!in_the_way->empty()) {
        const auto folder = free_name(state_dir / aside_prefix);
        if (auto made = make_folder(folder, 0700); !made) return made;
        for (const auto& path : *in_the_way)
            if (auto moved = move(path, folder / path.filename()); !moved) return moved;
        if (auto synced = sync_folder(folder); !synced) return synced;
        if (auto synced = sync_folder(state_dir); !synced) return synced;
        aside.push_back(folder.string());
    }
    // From here on what stands there is what was restored.
    return replace_file(staging / moving_mark, "", 0600);
}

}  // namespace

bool is_being_put_in_place(const fs::path& staging) {
    std::error_code ignored;
    return fs::exists(staging / moving_mark, ignored);
}

Result<std::vector<fs::path>> state_in_the_way(const fs::path& state_dir) {
    auto all = entries_of(state_dir);
    if (!all) return all;
    std::erase_if(*all, [](const fs::path& path) {
        const auto name = path.filename().string();
        return name == staging_name || name.starts_with(aside_prefix);
    });
    return all;
}

Result<std::vector<fs::path>> configuration_in_the_way(const fs::path& staging,
                                                       const fs::path& config_file) {
    const auto staged = staging / backup_config_folder;
    const auto folder = config_file.parent_path();
    const auto files = files_below(staged);
    if (!files) return files.error();
    std::vector<fs::path> in_the_way;
    for (const auto& file : *files) {
        const auto path = folder / name_below(staged, file);
        const auto same = is_same(path, file);
        if (!same) return same.error();
        if (!*same) in_the_way.push_back(path);
    }
    const auto mappings = entries_of(folder / "mappings.d");
    if (!mappings) return mappings.error();
    std::error_code ignored;
    for (const auto& path : *mappings)
        if (path.extension() == ".toml" &&
            !fs::exists(staged / "mappings.d" / path.filename(), ignored))
            in_the_way.push_back(path);
    return in_the_way;
}

Result<std::vector<std::string>> put_in_place(const fs::path& staging, const Config& config) {
    const auto& state_dir = config.state_dir;
    std::vector<std::string> aside;
    if (auto given = give_to_owner(staging, state_dir); !given) return given.error();
    if (auto put = put_state_aside(staging, state_dir, aside); !put) return put.error();

    const auto staged = staging / backup_config_folder;
    std::error_code ignored;
    if (fs::exists(staged, ignored)) {
        const auto in_the_way = configuration_in_the_way(staging, config.file);
        if (!in_the_way) return in_the_way.error();
        for (const auto& path : *in_the_way) {
            const auto other = free_name(path.string().append(".").append(aside_prefix));
            if (auto moved = move(path, other); !moved) return moved.error();
            aside.push_back(other.string());
        }
        const auto files = files_below(staged);
        if (!files) return files.error();
        for (const auto& file : *files) {
            const auto path = config.file.parent_path() / name_below(staged, file);
            if (auto put = put_config_file(file, path); !put) return put.error();
        }
    }

    const auto restored = entries_of(staging / backup_state_folder);
    if (!restored) return restored.error();
    for (const auto& path : *restored)
        if (path.filename() != identity_name)
            if (auto moved = move(path, state_dir / path.filename()); !moved) return moved.error();
    if (auto synced = sync_folder(state_dir); !synced) return synced.error();
    // Without it no agent starts here.
    const auto identity = staging / backup_state_folder / identity_name;
    if (fs::exists(identity, ignored))
        if (auto moved = move(identity, state_dir / identity_name); !moved) return moved.error();
    if (auto synced = sync_folder(state_dir); !synced) return synced.error();
    fs::remove_all(staging, ignored);
    return aside;
}

}  // namespace sallyport::agent
