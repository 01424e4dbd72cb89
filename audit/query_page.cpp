#include "audit/query_page.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <utility>

namespace sallyport::audit {
namespace {

Sequence first_sequence(const Finding& finding) { return finding.records.front().sequence; }

Result<QueryPage> read_page(const std::filesystem::path& folder, const Filter& filter,
                            const QueryLimits& limits) {
    QueryPage page;
    const auto summary = query(
        folder, filter,
        [&](const Finding& finding) {
            page.findings.push_back(finding);
            return true;
        },
        &limits);
    if (!summary) return summary.error();
    page.summary = *summary;
    std::ranges::sort(page.findings, {},
                      first_sequence);  // ends, which give them, come as they like
    return page;
}

}  // namespace

Result<QueryPage> query_page(const std::filesystem::path& folder, const Filter& filter,
                             const QueryLimits& limits) {
    // A segment that was listed may have another name by now, or be gone: then it is listed anew.
    constexpr int attempts = 3;
    auto page = read_page(folder, filter, limits);
    for (int attempt = 1; attempt < attempts; ++attempt) {
        if (page || page.error().code != boost::system::errc::no_such_file_or_directory) break;
        page = read_page(folder, filter, limits);
    }
    return page;
}

}  // namespace sallyport::audit
