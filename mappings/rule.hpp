#pragma once

#include "mappings/moment.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

enum class Match {
    exact,    // this path only
    subpaths  // this path and whatever lies below it, by whole segments
};

/// What a file must be before it becomes visible.
enum class Content { any, json, xml };

/// One thing that is allowed on a mapping.
struct Rule {
    std::string path;  // starts with '/', plain: see is_plain_path()
    Match match = Match::exact;
    std::vector<std::string> methods{};  // empty = all
    bool upgrade = false;                // WebSocket
    bool batch = false;  // lets a segment $batch through: what is inside it is not judged
    bool enabled = true;
    std::string description{};
    Content content = Content::any;    // of files that are put
    std::uint64_t size_bytes_max = 0;  // of files that are put; 0 = no limit
    std::optional<Moment> expires{};   // from then on it allows nothing
    std::string scenario{};            // name of the set of rules that it belongs to

    bool operator==(const Rule&) const = default;
};

/// Whether the rule's path covers one reading of a request's path.
bool covers(const Rule& rule, std::string_view reading);

}  // namespace sallyport::mappings
