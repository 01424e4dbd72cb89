#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace sallyport::agent {

/// How many unknown tokens of refused requests are looked at in a second, on one loop, only to put
/// on record whose they are: of each client, so that none can hide others behind a flood of its
/// own. Clients share places, which bounds them all together.
inline constexpr std::uint32_t recognitions_per_second_max = 10;
inline constexpr std::size_t recognition_places = 64;

class RecognitionBudget {
public:
    using Time = std::chrono::system_clock::time_point;

    /// Who the next take() is for.
    void asks(std::string_view tenant, std::string_view client) {
        const std::hash<std::string_view> hash;
        place_ = (hash(tenant) * 31 + hash(client)) % recognition_places;
    }
    bool take(Time now) {
        const auto second = std::chrono::floor<std::chrono::seconds>(now);
        if (second != second_) used_.fill(0);
        second_ = second;
        if (used_[place_] >= recognitions_per_second_max) return false;
        ++used_[place_];
        return true;
    }

private:
    std::array<std::uint32_t, recognition_places> used_{};
    std::chrono::sys_seconds second_{};
    std::size_t place_ = 0;
};

}  // namespace sallyport::agent
