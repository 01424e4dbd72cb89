#pragma once

#include "audit/clock.hpp"
#include "audit/log.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <optional>

namespace sallyport::audit {

/// The records that stand in the files of a log, without having read those between.
struct LogExtent {
    struct End {
        Sequence sequence = 0;
        WallTime time{};
    };
    End oldest{};
    End newest{};

    std::uint64_t records() const { return newest.sequence - oldest.sequence + 1; }
};

/// nullopt if there is none that can be read. Errors: the operating system's.
Result<std::optional<LogExtent>> log_extent(const std::filesystem::path& folder);

}  // namespace sallyport::audit
