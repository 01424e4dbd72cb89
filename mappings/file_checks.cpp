#include "mappings/file_checks.hpp"

#include "base/bytes.hpp"

namespace sallyport::mappings {

bool FileChecks::include(const FileChecks& other) const {
    return (json || !other.json) && (xml || !other.xml) &&
           (other.size_bytes_max == 0 ||
            (size_bytes_max != 0 && size_bytes_max <= other.size_bytes_max));
}

FileChecks file_checks(std::span<const Rule> rules, std::string_view place) {
    const auto lowered = to_lower(place);
    FileChecks checks;
    for (const auto& rule : rules) {
        const bool checks_something = rule.content != Content::any || rule.size_bytes_max != 0;
        if (!rule.enabled || !checks_something) continue;
        const Rule there{.path = to_lower(rule.path), .match = rule.match};
        if (!covers(there, lowered)) continue;
        checks.json = checks.json || rule.content == Content::json;
        checks.xml = checks.xml || rule.content == Content::xml;
        const auto size = rule.size_bytes_max;
        if (size != 0 && (checks.size_bytes_max == 0 || size < checks.size_bytes_max))
            checks.size_bytes_max = size;
    }
    return checks;
}

}  // namespace sallyport::mappings
