#pragma once

#include "net/event.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sallyport::tunnel {
class ClientEnd;
}

namespace sallyport::hub {

/// The links of one worker by tenant and location, and the requests that wait for one. Touched on
/// that worker's thread only, so looking up costs no lock and no allocation.
class LocalLinks {
public:
    /// A request that waits until something changes. Lives in the waiting coroutine.
    struct Waiter : net::TurnHook {
        explicit Waiter(net::Event& e) : event(e) {}
        net::Event& event;
    };

    struct Link {
        tunnel::ClientEnd* end = nullptr;
        std::string agent;  // its name
    };

    void add(std::string_view tenant, std::string_view location, std::string_view agent,
             tunnel::ClientEnd& link);
    void remove(const tunnel::ClientEnd& link);

    /// The link with the fewest streams that still takes new ones, or nullptr. Valid
    /// until links come or go.
    const Link* find(std::string_view tenant, std::string_view location);

    void wait(Waiter& waiter);
    /// Wakes all who wait: links came or went, here or elsewhere.
    void changed();

private:
    const std::string& key_of(std::string_view tenant, std::string_view location);

    std::string key_;  // scratch, so that a look-up does not allocate
    std::unordered_map<std::string, std::vector<Link>> links_;
    boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>> waiters_;
};

}  // namespace sallyport::hub
