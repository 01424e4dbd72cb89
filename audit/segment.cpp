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
    if (is_compressed(name)) name.remove_suffix(compressed_extension.size());
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

/// What is in the folder, in no order.
Result<std::vector<Segment>> read_folder(const std::filesystem::path& folder) {
    std::vector<Segment> segments;
    std::error_code failure;
    std::filesystem::directory_iterator entry(folder, failure);
    for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
        const auto first = first_of(entry->path().filename().native());
        if (!first) continue;
        const auto bytes = std::filesystem::file_size(entry->path(), failure);
        if (failure == std::errc::no_such_file_or_directory) {  // removed meanwhile
            failure.clear();
            continue;
        }
        if (failure) break;
        segments.push_back({.path = entry->path(), .first = *first, .bytes = bytes});
    }
    if (failure) return folder_error(folder, failure);
    return segments;
}

}  // namespace

std::string segment_name(Sequence first) {
    const auto digits = std::to_string(first);
    return std::string(name_digits - digits.size(), '0') + digits + std::string(extension);
}

bool is_compressed(std::string_view name) { return name.ends_with(compressed_extension); }

bool Segment::compressed() const { return is_compressed(path.native()); }

Result<std::vector<Segment>> list_segments(const std::filesystem::path& folder) {
    // While a segment gives way to its compressed form, a reading of the folder may meet neither.
    constexpr int readings_max = 10;
    Result<std::vector<Segment>> segments{std::vector<Segment>()};
    for (int reading = 0; reading < readings_max; ++reading) {
        std::error_code failure;
        const auto before = std::filesystem::last_write_time(folder, failure);
        segments = read_folder(folder);
        if (!segments) return segments;
        if (before == std::filesystem::last_write_time(folder, failure)) break;
    }
    std::sort(segments->begin(), segments->end(), [](const auto& a, const auto& b) {
        return std::pair(a.first, a.compressed()) < std::pair(b.first, b.compressed());
    });
    const auto doubled =
        std::unique(segments->begin(), segments->end(),
                    [](const Segment& a, const Segment& b) { return a.first == b.first; });
    segments->erase(doubled, segments->end());
    return segments;
}

}  // namespace sallyport::audit
