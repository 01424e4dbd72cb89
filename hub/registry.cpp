#include "hub/registry.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <numeric>
#include <string_view>

namespace sallyport::hub {

void Registry::on_change(std::size_t worker, std::function<void()> tell) {
    const std::lock_guard lock(mutex_);
    changed_[worker] = std::move(tell);
}

Incarnation Registry::known(const Member& member, const Incarnation& stored) const {
    const auto found = incarnations_.find(Place(member.tenant, member.agent));
    return found == incarnations_.end() ? stored : merge(stored, found->second);
}

Registry::Opinion Registry::examine(const Member& member, const Incarnation& stored,
                                    Time now) const {
    const std::lock_guard lock(mutex_);
    Opinion opinion{.verdict = judge(known(member, stored), member.incarnation)};
    const auto restart = restarting_.find(Place(member.tenant, member.location));
    const bool restarts = restart != restarting_.end() && restart->second.until > now;
    for (const auto& [id, entry] : links_) {
        const auto& there = entry.member;
        if (entry.leaving || there.tenant != member.tenant || there.agent != member.agent) continue;
        opinion.peer = there.peer;
        const bool older = there.incarnation.enrolment == member.incarnation.enrolment &&
                           there.incarnation.process != member.incarnation.process;
        const bool goes = restarts && restart->second.process == there.incarnation.process;
        if (older && !goes && opinion.verdict == IncarnationVerdict::newer)
            opinion.rivals.push_back(entry.contact);
    }
    return opinion;
}

Result<Registry::LinkId> Registry::attach(Member member, Time now, Contact contact) {
    const std::lock_guard lock(mutex_);
    auto& present = incarnations_[Place(member.tenant, member.agent)];
    const auto verdict = judge(present, member.incarnation);
    if (verdict != IncarnationVerdict::same && verdict != IncarnationVerdict::newer)
        return Error{Errc::conflict, "another process of agent " + member.agent +
                                         " was attached while this one was looked at"};
    std::vector<Entry*> superseded;
    for (auto& [id, entry] : links_) {
        const auto& there = entry.member;
        if (entry.leaving || there.tenant != member.tenant) continue;
        if (there.agent == member.agent) {
            if (there.incarnation.epoch != member.incarnation.epoch ||
                there.incarnation.process != member.incarnation.process)
                superseded.push_back(&entry);
            continue;
        }
        if (there.location == member.location && !(there.shared && member.shared))
            return Error{Errc::conflict,
                         "agent " + there.agent + " serves location \"" + member.location +
                             "\"; add both with --shared to let them stand together"};
    }
    present = merge(present, member.incarnation);
    for (auto* entry : superseded) {
        entry->leaving = true;
        entry->contact.leave(Leave::drain);
    }
    const auto restart = restarting_.find(Place(member.tenant, member.location));
    if (restart != restarting_.end() && restart->second.process != member.incarnation.process)
        restarting_.erase(restart);
    const auto id = next_++;
    links_.emplace(id, Entry{std::move(member), now, std::move(contact)});
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
    found->second.retired = true;
    tell_workers();
}

void Registry::note_ready(LinkId id, ReadyNote note) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found != links_.end()) found->second.ready = note;
}

void Registry::announce_restart(LinkId id, Time until) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end()) return;
    const auto& member = found->second.member;
    restarting_[Place(member.tenant, member.location)] = {member.incarnation.process, until};
}

void Registry::expect_agents_until(Time until) {
    const std::lock_guard lock(mutex_);
    expected_until_ = until;
}

Registry::Presence Registry::find(std::string_view tenant, std::string_view location,
                                  Time now) const {
    const std::lock_guard lock(mutex_);
    Presence presence;
    const auto restart = restarting_.find(Place(tenant, location));
    presence.restarting =
        now < expected_until_ || (restart != restarting_.end() && restart->second.until > now);
    for (const auto& [id, entry] : links_) {
        if (entry.member.tenant != tenant || entry.member.location != location) continue;
        if (!entry.leaving) presence.workers |= std::uint64_t{1} << entry.member.worker;
        presence.restarting = presence.restarting || entry.retired;
    }
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
    std::map<std::array<std::string_view, 3>, std::size_t> places;
    for (const auto& [id, entry] : links_) {
        if (entry.leaving) continue;
        const std::array<std::string_view, 3> place{entry.member.tenant, entry.member.agent,
                                                    entry.member.location};
        const auto [found, is_new] = places.emplace(place, all.size());
        if (is_new) {
            all.push_back({entry.member, 1, entry.since, entry.ready});
            continue;
        }
        auto& same = all[found->second];
        ++same.links;
        same.member.answers_ready = same.member.answers_ready || entry.member.answers_ready;
        if (entry.ready.at > same.ready.at) same.ready = entry.ready;
    }
    return all;
}

void Registry::expel(const std::function<bool(const Member&)>& allowed) {
    const std::lock_guard lock(mutex_);
    for (auto& [id, entry] : links_) {
        if (entry.leaving || allowed(entry.member)) continue;
        entry.leaving = true;
        entry.contact.leave(Leave::now);
    }
}

void Registry::tell_workers() const {
    for (const auto& tell : changed_)
        if (tell) tell();
}

}  // namespace sallyport::hub
