#pragma once

#include "audit/clock.hpp"
#include "audit/retention.hpp"

#include <chrono>
#include <initializer_list>
#include <vector>

namespace sallyport::audit {

inline const auto today = *parse_rfc3339("2025-06-01T00:00:00Z");

/// Segments of 10 records and 100 bytes whose newest records are so many days old.
inline std::vector<SealedSegment> aged(std::initializer_list<int> ages) {
    std::vector<SealedSegment> segments;
    for (const int age : ages)
        segments.push_back({.first = segments.size() * 10,
                            .bytes = 100,
                            .newest = today - std::chrono::days(age),
                            .end = segments.size() * 10 + 10,
                            .disclosures = true});
    return segments;
}

}  // namespace sallyport::audit
