#pragma once

#include "agent/mapping_state.hpp"

namespace sallyport::agent {

/// A mapping of https:// with that many hosts: s4.corp.local, s4.corp.local1, ...
inline mappings::Mapping mapping_of(const mappings::Limits& limits = {}, std::size_t hosts = 1) {
    mappings::Mapping mapping{.virtual_host = *mappings::VirtualHost::parse("erp.virtual:8000"),
                              .internal = {.protocol = mappings::Protocol::https,
                                           .host = "s4.corp.local",
                                           .ports = {44300, 1}},
                              .limits = limits};
    for (std::size_t i = 1; i < hosts; ++i) {
        mapping.others.push_back(mapping.internal);
        mapping.others.back().host += std::to_string(i);
    }
    return mapping;
}

inline MappingStatePtr state_of(const mappings::Limits& limits = {}, std::size_t hosts = 1,
                                const TellHostChange& tell = {}) {
    return std::make_shared<MappingState>(mapping_of(limits, hosts), tell);
}

}  // namespace sallyport::agent
