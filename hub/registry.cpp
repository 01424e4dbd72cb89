#include "hub/registry.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace sallyport::hub {

void Registry::on_change(std::size_t worker, std::function<void()> tell) {
    const std::lock_guard lock(mutex_);
    changed_[worker] = std::move(tell);
}

Result<Registry::LinkId> Registry::attach(Member member, Time now, TellLeave leave) {
    const std::lock_guard lock(mutex_);
    std::vector<Entry*> superseded;
    for (auto& [id, entry] : links_) {
        const auto& there = entry.member;
        if (entry.leaving || there.tenant != member.tenant) continue;
        if (there.agent == member.agent) {
            const tunnel::Incarnation present{there.epoch, there.process};
            const tunnel::Incarnation wanted{member.epoch, member.process};
            switch (tunnel::judge(present, wanted)) {
                case tunnel::EpochVerdict::coexist:
                    continue;
                case tunnel::EpochVerdict::supersede:
                    superseded.push_back(&entry);
                    continue;
                case tunnel::EpochVerdict::refuse:
                    return Error{Errc::conflict,
                                 "another process with the identity of agent " + member.agent +
                                     " is attached from " + there.peer +
                                     "; if this is not a copy of it, restart this agent"};
            }
        }
        if (there.location == member.location && !(there.shared && member.shared))
            return Error{Errc::conflict,
                         "agent " + there.agent + " serves location \"" + member.location +
                             "\"; add both with --shared to let them stand together"};
    }
    for (auto* entry : superseded) {
        entry->leaving = true;
        entry->leave(Leave::drain);
    }
    const auto restart = restarting_.find(Place(member.tenant, member.location));
    if (restart != restarting_.end() && restart->second.process != member.process)
        restarting_.erase(restart);
    const auto id = next_++;
    links_.emplace(id, Entry{std::move(member), now, std::move(leave)});
    tell_workers();
    return id;
}

void Registry::detach(LinkId id) {
    const std::lock_guard lock(mutex_);
    links_.erase(id);
    tell_workers();
}

void Registry::retire(LinkId id) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end() || std::exchange(found->second.leaving, true)) return;
    tell_workers();
}

void Registry::announce_restart(LinkId id, Time until) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    const auto& member = found->second.member;
    restarting_[Place(member.tenant, member.location)] = {member.process, until};
}

void Registry::expect_agents_until(Time until) {
    const std::lock_guard lock(mutex_);
    expected_until_ = until;
}

Registry::Presence Registry::find(std::string_view tenant, std::string_view location,
                                  Time now) const {
    const std::lock_guard lock(mutex_);
    Presence presence;
    for (const auto& [id, entry] : links_)
        if (!entry.leaving && entry.member.tenant == tenant && entry.member.location == location)
            presence.workers |= std::uint64_t{1} << entry.member.worker;
    const auto restart = restarting_.find(Place(tenant, location));
    presence.restarting =
        now < expected_until_ || (restart != restarting_.end() && restart->second.until > now);
    return presence;
}

Result<Registry::Seat> Registry::take_seat(const std::string& tenant, const std::string& agent) {
    const std::lock_guard lock(mutex_);
    auto& links = seats_.try_emplace({tenant, agent}, changed_.size()).first->second;
    if (std::accumulate(links.begin(), links.end(), std::size_t{0}) >= links_per_agent_max)
        return Error{Errc::limit, "this agent has " + std::to_string(links_per_agent_max) +
                                      " links already, more than any agent needs"};
    const auto emptiest = std::ranges::min_element(links);
    ++*emptiest;
    Seat seat;
    seat.registry_ = this;
    seat.agent_ = {tenant, agent};
    seat.worker_ = static_cast<std::size_t>(emptiest - links.begin());
    return seat;
}

void Registry::give_back(const Seat& seat) {
    const std::lock_guard lock(mutex_);
    const auto found = seats_.find(seat.agent_);
    --found->second[seat.worker_];
    if (std::ranges::count(found->second, 0U) == std::ssize(found->second)) seats_.erase(found);
}

std::vector<Registry::Status> Registry::status() const {
    const std::lock_guard lock(mutex_);
    std::vector<Status> all;
    for (const auto& [id, entry] : links_) {
        if (entry.leaving) continue;
        const auto same = std::ranges::find_if(all, [&entry = entry](const Status& status) {
            return status.member.tenant == entry.member.tenant &&
                   status.member.agent == entry.member.agent &&
                   status.member.location == entry.member.location;
        });
        if (same == all.end())
            all.push_back({entry.member, 1, entry.since});
        else
            ++same->links;
    }
    return all;
}

void Registry::expel(const std::function<bool(const Member&)>& allowed) {
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : links_) {
        if (entry.leaving || allowed(entry.member)) continue;
        entry.leaving = true;
        entry.leave(Leave::now);
    }
}

void Registry::tell_workers() const {
    for (const auto& tell : changed_)
        if (tell) tell();
}

}  // namespace sallyport::hub
