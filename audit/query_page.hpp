#pragma once

#include "audit/query.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <vector>

namespace sallyport::audit {

/// A part of what a query finds.
struct QueryPage {
    std::vector<Finding> findings{};  // in the order of their first records
    QuerySummary summary{};           // `next`: where the part behind it begins
};

/// The first part of what query() finds, by the sequence of its begins. It may be empty and have
/// one behind it. May be called while the log is written, compressed and pruned. Errors: as
/// query().
Result<QueryPage> query_page(const std::filesystem::path& folder, const Filter& filter,
                             const QueryLimits& limits);

}  // namespace sallyport::audit
