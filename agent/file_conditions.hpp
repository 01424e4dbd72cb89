#pragma once

#include "http/message.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sallyport::agent {

/// What validators of a file are made of. A file server tells times in whole seconds, so two
/// versions of one size within a second look the same.
struct FileVersion {
    std::uint64_t size = 0;
    std::uint32_t modified = 0;  // seconds since 1970, UTC

    /// With quotes.
    std::string etag() const;
    std::chrono::sys_seconds time() const {
        return std::chrono::sys_seconds(std::chrono::seconds(modified));
    }
    bool operator==(const FileVersion&) const = default;
};

enum class Conditions { hold, not_modified, fail };
enum class Access { reads, changes };

/// RFC 9110 section 13.2.2. `version`: nothing if there is no such file.
Conditions judge_conditions(http::Fields fields, Access access,
                            const std::optional<FileVersion>& version);

/// The part of a file that a Range wants (RFC 9110 section 14.2).
struct FilePart {
    enum class Kind { whole, part, unsatisfiable };
    Kind kind = Kind::whole;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// Several ranges, other units and what cannot be read are answered with the whole file, which
/// section 14.2 allows; likewise where If-Range names another version.
FilePart choose_part(http::Fields fields, const FileVersion& version);

}  // namespace sallyport::agent
