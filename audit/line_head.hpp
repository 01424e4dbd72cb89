#pragma once

#include "audit/log.hpp"
#include "tlog/tree.hpp"

#include <optional>
#include <string_view>

namespace sallyport::audit {

/// What chains a record, read off its first bytes without parsing the rest.
struct LineHead {
    Sequence sequence = 0;
    std::string_view prev;  // 64 characters
    std::string_view time;  // as it stands there; empty if it does not
};

/// nullopt if the line does not begin as a record does.
std::optional<LineHead> head_of(std::string_view line);

/// Whether the record names `before` as the digest of the one before it.
bool is_chained_to(const LineHead& head, const tlog::Hash& before);

}  // namespace sallyport::audit
