#pragma once

#include "mappings/rule.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::mappings {

/// What a file at one place must be before it becomes visible.
struct FileChecks {
    bool json = false;
    bool xml = false;
    std::uint64_t size_bytes_max = 0;  // 0 = no limit

    /// Whether what passes these is sure to pass `other`.
    bool include(const FileChecks& other) const;
    bool allow_size(std::uint64_t bytes) const {
        return size_bytes_max == 0 || bytes <= size_bytes_max;
    }
    bool operator==(const FileChecks&) const = default;
};

/// Of every enabled rule that covers the place, whatever its methods, expired or not, and whichever
/// rule allowed the request: no other spelling, link or method leads around a check, and no end of
/// a rule widens another. `place`: the name as the file server has it, decoded and without links,
/// "/in/a b.json"; letters count without case, since some servers do not tell them apart.
FileChecks file_checks(std::span<const Rule> rules, std::string_view place);

}  // namespace sallyport::mappings
