#pragma once

#include "audit/query.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Tells from the bytes of a line that its record cannot match a filter. What passes must still be
/// parsed and compared.
class LineSieve {
public:
    explicit LineSieve(const Filter& filter);

    /// Who the filter asks for stands beside the segment: reads where. Errors: the operating
    /// system's.
    Result<void> read_users(const Segment& segment);

    /// A record that says who asked for what; records come in their order.
    bool may_match(std::string_view line, Sequence sequence);
    /// An end whose begin says that.
    bool outcome_may_match(std::string_view line) const;

private:
    bool user_may_match(Sequence sequence);

    const Filter& filter_;
    std::vector<std::string> needles_;
    std::string outcome_;
    std::string user_;  // text in each line that discloses a user who matches
    bool by_users_;
    std::vector<Sequence> users_;  // records whose user matches, in their order
    std::size_t next_user_ = 0;
};

}  // namespace sallyport::audit
