#pragma once

#include "http/message.hpp"
#include "http/refusal.hpp"
#include "mappings/table.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::agent {

/// Where a MOVE leads.
struct MoveDestination {
    std::string target;  // empty if it cannot be read
    std::optional<http::Refusal> refusal{};
    std::string_view hidden_reason{};  // of the refusal, for the record; mappings::hidden_reason()
};

/// Judges the destination of a MOVE among files as a MOVE of it would be judged; nothing for other
/// requests. `decision` has allowed `access`. Pure.
std::optional<MoveDestination> judge_destination(const mappings::Table& table,
                                                 const mappings::Decision& decision,
                                                 const mappings::Access& access,
                                                 const http::RequestHead& head,
                                                 mappings::Moment now);

}  // namespace sallyport::agent
