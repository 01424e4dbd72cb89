#pragma once

#include "mappings/limits.hpp"

#include <cstdint>

namespace sallyport::agent {

/// What checks of one host say together: it takes several in a row to change it. Whom nobody has
/// checked yet is healthy.
class HealthRecord {
public:
    explicit HealthRecord(const mappings::HealthRules& rules)
        : failures_max_(rules.failures), successes_max_(rules.successes) {}

    /// Whether that changed it.
    bool add(bool good) {
        in_row_ = good == healthy_ ? 0 : in_row_ + 1;
        if (in_row_ < (healthy_ ? failures_max_ : successes_max_)) return false;
        healthy_ = good;
        in_row_ = 0;
        return true;
    }
    bool healthy() const { return healthy_; }

private:
    std::uint32_t failures_max_;
    std::uint32_t successes_max_;
    std::uint32_t in_row_ = 0;  // that say otherwise
    bool healthy_ = true;
};

}  // namespace sallyport::agent
