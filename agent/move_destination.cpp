#include "agent/move_destination.hpp"

#include "agent/file_operation.hpp"
#include "agent/refusals.hpp"

#include <utility>
#include <variant>

namespace sallyport::agent {

std::optional<MoveDestination> judge_destination(const mappings::Table& table,
                                                 const mappings::Decision& decision,
                                                 const mappings::Access& access,
                                                 const http::RequestHead& head,
                                                 mappings::Moment now) {
    if (!decision.mapping->is_files() || access.method != "MOVE") return std::nullopt;
    auto target = read_destination(head);
    if (const auto* no = std::get_if<http::Refusal>(&target)) return MoveDestination{{}, *no};
    MoveDestination destination{std::move(std::get<std::string>(target))};
    auto there = access;
    there.target = destination.target;
    const auto verdict = table.decide(there, now);
    if (verdict.allowed()) return destination;
    destination.refusal = refusal_of(verdict, there);
    destination.hidden_reason = mappings::hidden_reason(verdict.denial);
    return destination;
}

}  // namespace sallyport::agent
