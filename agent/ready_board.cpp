#include "agent/ready_board.hpp"

#include <algorithm>

namespace sallyport::agent {

ReadyBoard::ReadyBoard(const std::vector<std::string>& hubs) {
    for (const auto& name : hubs) hubs_.push_back({.name = name});
}

ReadyBoard::Hub* ReadyBoard::find(std::string_view hub) {
    const auto found = std::ranges::find(hubs_, hub, &Hub::name);
    return found == hubs_.end() ? nullptr : &*found;
}

void ReadyBoard::link_up(std::string_view hub, std::chrono::milliseconds interval) {
    const std::lock_guard lock(mutex_);
    auto* known = find(hub);
    if (known == nullptr) return;
    // After the last link had gone nothing is known of the way any more.
    if (known->links++ == 0) known->last = {};
    known->interval = interval;
}

void ReadyBoard::link_down(std::string_view hub) {
    const std::lock_guard lock(mutex_);
    auto* known = find(hub);
    if (known != nullptr && known->links > 0) --known->links;
}

void ReadyBoard::answered(std::string_view hub, Time now, std::chrono::microseconds round_trip) {
    const std::lock_guard lock(mutex_);
    auto* known = find(hub);
    if (known == nullptr) return;
    known->last = now;
    known->round_trip = round_trip;
}

std::vector<ReadyBoard::Hub> ReadyBoard::look() const {
    const std::lock_guard lock(mutex_);
    return hubs_;
}

}  // namespace sallyport::agent
