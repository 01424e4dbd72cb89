#pragma once

#include "base/result.hpp"
#include "certs/spiffe.hpp"
#include "hub/incarnation.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::hub {

/// Which agents are attached, for the whole process. Thread-safe; changes only when links come and
/// go. The links themselves belong to their workers (LocalLinks); here stands where they are.
class Registry {
public:
    using LinkId = std::uint64_t;
    using Time = std::chrono::steady_clock::time_point;

    /// What a link said of itself in its hello, with the name its certificate proves.
    struct Member {
        certs::AgentName name;
        std::string serial{};  // of its certificate
        std::string tenant{};  // id, as in the name
        std::string agent{};
        std::string location{};
        bool shared = false;  // may stand beside another agent at that location
        Incarnation incarnation{};
        std::string version{};
        std::string peer{};                        // address, for status
        std::vector<std::string> virtual_hosts{};  // exposed, for status
        std::uint64_t virtual_hosts_left_out = 0;  // exposed as well, but not told
        std::size_t worker = 0;
        bool answers_ready = false;  // synthetic exchanges: tunnel/ready.hpp
    };
    /// The last synthetic exchange that was answered.
    struct ReadyNote {
        Time at{};  // the epoch: none was
        std::chrono::microseconds round_trip{0};
    };
    struct Presence {
        std::uint64_t workers = 0;  // bit i: worker i has a link
        bool restarting = false;    // a link will most likely come soon
    };
    struct Status {
        Member member;
        std::size_t links = 0;
        Time since{};
        ReadyNote ready{};  // over any of them
    };

    static constexpr std::size_t links_per_agent_max = 64;

    /// Gives its place back when destroyed, on any thread; the registry outlives it.
    class Seat {
    public:
        Seat() = default;
        Seat(Seat&& other) noexcept
            : registry_(std::exchange(other.registry_, nullptr)),
              agent_(std::move(other.agent_)),
              worker_(other.worker_) {}
        Seat& operator=(Seat&&) = delete;
        ~Seat() {
            if (registry_ != nullptr) registry_->give_back(*this);
        }
        std::size_t worker() const { return worker_; }

    private:
        friend class Registry;
        Registry* registry_ = nullptr;
        std::pair<std::string, std::string> agent_;  // tenant, name
        std::size_t worker_ = 0;
    };

    explicit Registry(std::size_t workers) : changed_(workers) {}

    /// How a link is told to go: after its exchanges, or at once.
    enum class Leave { drain, now };

    /// Called (on the thread of the caller of attach/detach/announce) after each change; must post.
    void on_change(std::size_t worker, std::function<void()> tell);

    /// How the registry speaks to a link, whatever thread it lives on.
    struct Contact {
        std::function<void(Leave)> leave = [](Leave) {};
        /// Calls back, on any thread, with whether the agent's process was alive after the call.
        std::function<void(std::function<void(bool)>)> probe = [](auto tell) { tell(false); };
    };

    /// What is to be thought of a new link before it is taken in.
    struct Opinion {
        IncarnationVerdict verdict = IncarnationVerdict::same;
        std::string peer{};  // of a link that is attached, "" if none is
        /// Links of the process that would be superseded. One of them alive now means that two
        /// processes run with one identity: then it is a clone, however high it counts.
        std::vector<Contact> rivals{};
    };
    /// `stored` is what the database says of the agent.
    Opinion examine(const Member& member, const Incarnation& stored, Time now) const;

    /// Takes a link in, or refuses it (Errc::conflict, with a text for the agent's administrator)
    /// because of another agent at a location that is not shared, or because examine() would say
    /// now that it is not the newest. Newer ones supersede: older links of that agent are told to
    /// drain. Every attach needs one detach.
    Result<LinkId> attach(Member member, Time now, Contact contact);
    void detach(LinkId id);
    /// The link takes no more requests; those that run go on. While it is there its place counts as
    /// restarting: the word of that may still be on its way, or the next link comes.
    void retire(LinkId id);

    /// A synthetic exchange over that link was answered.
    void note_ready(LinkId id, ReadyNote note);

    /// The process behind that link goes away and the next one comes: requests may wait for it
    /// until then. A link of the same process that still arrives changes nothing about it.
    void announce_restart(LinkId id, Time until);

    /// Just after the hub's own start: until then every place counts as restarting.
    void expect_agents_until(Time until);

    Presence find(std::string_view tenant, std::string_view location, Time now) const;
    /// A place for a link that has arrived, at the worker with the fewest links of that agent.
    /// Counted from now on, before its hello, so that links arriving together spread out and one
    /// agent cannot fill the hub. Errors: Errc::limit.
    Result<Seat> take_seat(const std::string& tenant, const std::string& agent);
    std::vector<Status> status() const;
    /// Links whose agent no longer satisfies `allowed` are told to drain (revoked, location taken
    /// back).
    void expel(const std::function<bool(const Member&)>& allowed);

private:
    struct Entry {
        Member member;
        Time since{};
        Contact contact;
        bool leaving = false;
        bool retired = false;  // leaving because it takes no more requests
        ReadyNote ready{};
    };
    struct Restart {
        std::string process;
        Time until{};
    };
    using Place = std::pair<std::string, std::string>;
    void tell_workers() const;
    Incarnation known(const Member& member, const Incarnation& stored) const;
    void give_back(const Seat& seat);

    mutable std::mutex mutex_;
    LinkId next_ = 1;
    std::map<LinkId, Entry> links_;
    std::map<Place, Incarnation> incarnations_;        // of each agent: the last that was taken in
    std::map<Place, std::vector<std::size_t>> seats_;  // of each agent: links per worker
    std::map<Place, Restart, std::less<>> restarting_;
    Time expected_until_{};
    std::vector<std::function<void()>> changed_;
};

}  // namespace sallyport::hub
