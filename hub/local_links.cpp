#include "hub/local_links.hpp"

#include "tunnel/client_end.hpp"

#include <algorithm>

namespace sallyport::hub {

const std::string& LocalLinks::key_of(std::string_view tenant, std::string_view location) {
    key_.assign(tenant);
    key_ += '\0';
    key_ += location;
    return key_;
}

void LocalLinks::add(std::string_view tenant, std::string_view location, std::string_view agent,
                     tunnel::ClientEnd& link) {
    links_[key_of(tenant, location)].push_back({&link, std::string(agent)});
    changed();
}

void LocalLinks::remove(const tunnel::ClientEnd& link) {
    for (auto next = links_.begin(); next != links_.end();) {
        std::erase_if(next->second, [&](const Link& known) { return known.end == &link; });
        next = next->second.empty() ? links_.erase(next) : std::next(next);
    }
    changed();
}

const LocalLinks::Link* LocalLinks::find(std::string_view tenant, std::string_view location) {
    const auto found = links_.find(key_of(tenant, location));
    if (found == links_.end()) return nullptr;
    const Link* best = nullptr;
    for (const auto& link : found->second) {
        if (!link.end->accepts_requests()) continue;
        if (best == nullptr || link.end->streams() < best->end->streams()) best = &link;
    }
    return best;
}

void LocalLinks::wait(Waiter& waiter) {
    if (!waiter.is_linked()) waiters_.push_back(waiter);
}

void LocalLinks::changed() {
    for (auto& waiter : waiters_) waiter.event.set();
}

}  // namespace sallyport::hub
