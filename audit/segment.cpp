#include "audit/segment.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

namespace sallyport::audit {
namespace {

constexpr std::size_t name_digits = 20;
constexpr std::string_view extension = ".jsonl";

std::optional<Sequence> first_of(std::string_view name) {
    if (name.size() != name_digits + extension.size() || !name.ends_with(extension))
        return std::nullopt;
    const auto first = parse_decimal(name.substr(0, name_digits));
    if (!first) return std::nullopt;
    return *first;
}

Error folder_error(const std::filesystem::path& folder, const std::error_code& failure) {
    return {boost::system::error_code(failure.value(), boost::system::system_category()),
            "read the folder " + folder.string()};
}

}  // namespace

std::string segment_name(Sequence first) {
    const auto digits = std::to_string(first);
    return std::string(name_digits - digits.size(), '0') + digits + std::string(extension);
}

Result<std::vector<Segment>> list_segments(const std::filesystem::path& folder) {
    std::vector<Segment> segments;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto first = first_of(entry->path().filename().native());
        if (!first) continue;
        const auto bytes = std::filesystem::file_size(entry->path(), failure);
        if (failure == std::errc::no_such_file_or_directory) {  // an empty one that was removed
            failure.clear();
            continue;
        }
        if (failure) break;
        segments.push_back({.path = entry->path(), .first = *first, .bytes = bytes});
    }
    if (failure) return folder_error(folder, failure);
    std::sort(segments.begin(), segments.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return segments;
}

}  // namespace sallyport::audit
