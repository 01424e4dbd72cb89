#include "audit/prune.hpp"

#include "audit/segment.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unistd.h>
#include <vector>

namespace sallyport::audit {
namespace {

struct NumberedFile {
    Sequence first = 0;
    bool is_records = false;
    std::filesystem::path path;
};

/// Of `<20 digits>.anything`.
std::optional<Sequence> number_of(std::string_view name) {
    constexpr std::size_t digits = 20;
    if (name.size() <= digits || name[digits] != '.') return std::nullopt;
    const auto number = parse_decimal(name.substr(0, digits));
    if (!number) return std::nullopt;
    return *number;
}

Result<std::vector<NumberedFile>> numbered_files(const std::filesystem::path& folder) {
    std::vector<NumberedFile> files;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto name = entry->path().filename().native();
        const auto first = number_of(name);
        if (!first) continue;
        const bool is_records = name.ends_with(".jsonl") || is_compressed(name);
        files.push_back({.first = *first, .is_records = is_records, .path = entry->path()});
    }
    if (failure) return Error{failure, "read the folder " + folder.string()};
    std::ranges::sort(files, [](const auto& a, const auto& b) {
        return std::pair(a.first, !a.is_records) < std::pair(b.first, !b.is_records);
    });
    return files;
}

bool has_disclosures(const std::filesystem::path& path) {
    return path.native().ends_with(disclosures_extension);
}

Result<void> remove_if(const std::filesystem::path& folder, auto unwanted) {
    const auto files = numbered_files(folder);
    if (!files) return files.error();
    std::optional<Sequence> changed;  // the segment whose removal is not durable yet
    for (const auto& file : *files) {
        if (!unwanted(file)) continue;
        if (changed && *changed != file.first)
            if (auto synced = sync_folder(folder); !synced) return synced;
        if (::unlink(file.path.c_str()) != 0 && errno != ENOENT)
            return os_error("remove " + file.path.string());
        changed = file.first;
    }
    return changed ? sync_folder(folder) : Result<void>();
}

}  // namespace

Result<std::map<Sequence, SegmentFiles>> survey(const std::filesystem::path& folder) {
    const auto files = numbered_files(folder);
    if (!files) return files.error();
    std::map<Sequence, SegmentFiles> found;
    for (const auto& file : *files) {
        std::error_code failure;
        const auto bytes = std::filesystem::file_size(file.path, failure);
        if (failure) continue;  // gone meanwhile
        auto& segment = found[file.first];
        segment.bytes += bytes;
        segment.disclosures = segment.disclosures || has_disclosures(file.path);
    }
    return found;
}

Result<void> remove_before(const std::filesystem::path& folder, Sequence first) {
    return remove_if(folder, [&](const NumberedFile& file) { return file.first < first; });
}

Result<void> remove_disclosures_before(const std::filesystem::path& folder, Sequence first) {
    return remove_if(folder, [&](const NumberedFile& file) {
        return file.first < first && has_disclosures(file.path);
    });
}

}  // namespace sallyport::audit
