#pragma once

#include "agent/backend.hpp"
#include "agent/mapping_states.hpp"
#include "agent/site.hpp"
#include "agent/ways.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sallyport::net {
class BlockingPool;
}

namespace sallyport::agent {

/// The back ends of one worker loop: one pool of connections for each mapping, made when first
/// asked for, and kept over a reload that leaves the mapping as it was.
class Backends {
public:
    /// `states` may be shared with other loops; it outlives this.
    Backends(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
             MappingStates& states);
    ~Backends();

    /// Who answers for `mapping` of `site`. Valid as long as the caller holds it, also over a
    /// reload.
    std::shared_ptr<Backend> find(const SitePtr& site, const mappings::Mapping& mapping);

    /// Another site is in force: pools of mappings that did not change move over, others go as soon
    /// as their last exchange has ended, and their streams are ended.
    void use(const SitePtr& site);

    /// Ends what runs on its own; nothing may be asked for after it.
    net::Task<void> stop() { return ways_.ssh_hosts().stop(); }
    /// Of those that were asked for, by mapping.
    std::vector<std::pair<std::string, PoolStatus>> pools() const;
    std::vector<ssh::Host::Status> ssh_hosts() { return ways_.ssh_hosts().status(); }

private:
    struct Entry {
        SitePtr site;  // keeps the key alive
        std::shared_ptr<Backend> service;
    };
    std::shared_ptr<Backend> overtaken(const Site& site, const mappings::Mapping& mapping);
    std::shared_ptr<Backend> make(const Site& site, const mappings::Mapping& mapping);
    std::shared_ptr<Backend> make_http(const Site& site, const mappings::Mapping& mapping,
                                       const MappingStatePtr& state);
    std::shared_ptr<Backend> make_files(const Site& site, const mappings::Mapping& mapping);
    std::shared_ptr<Backend> make_stream(const Site& site, const mappings::Mapping& mapping,
                                         const MappingStatePtr& state);

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Ways ways_;
    MappingStates& states_;
    std::unordered_map<const mappings::Mapping*, Entry> entries_;
    SitePtr site_;  // in force since the last reload; null: there was none
};

}  // namespace sallyport::agent
