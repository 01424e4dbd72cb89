#pragma once

#include "audit/disk.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace sallyport::audit {

/// Decides how full the file system of the log is: pure, told what df(1) says.
class Watermarks {
public:
    static constexpr std::array<unsigned, 3> marks_percent{80, 90, 95};
    /// A mark that was reached is left when the use is so much below it.
    static constexpr unsigned slack_percent = 2;
    /// At the last mark a disk is nearly full if less than this is free: of a big one 5 % last
    /// long.
    static constexpr std::uint64_t nearly_full_bytes = std::uint64_t{1} << 30;

    struct Level {
        unsigned percent = 0;  // the highest mark that is reached; 0 = none
        bool nearly_full = false;
        friend bool operator==(const Level&, const Level&) = default;
    };

    /// The level after this look, if it is another than before.
    std::optional<Level> observe(const Space& space);
    const Level& level() const { return level_; }

private:
    Level level_;
};

/// How much of it is used, rounded down; 0 of nothing.
unsigned used_percent(const Space& space);

}  // namespace sallyport::audit
