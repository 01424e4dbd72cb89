#include "agent/backends.hpp"

#include "agent/direct_connector.hpp"
#include "agent/http_backend.hpp"
#include "agent/stream_backend.hpp"

namespace sallyport::agent {
namespace {

/// A pool of connections together with what makes them.
struct PooledBackend final : Backend {
    PooledBackend(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
                  DirectConnector::Options way, HttpBackend::Options options)
        : connector(loop, pool, std::move(way)),
          backend(loop, sweep, connector, std::move(options)) {}

    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override {
        return backend.serve_as(head, up, down, std::move(login));
    }

    DirectConnector connector;
    HttpBackend backend;
};

DirectConnector::Options way_to(const Site& site, const mappings::Mapping& mapping,
                                std::uint16_t port) {
    DirectConnector::Options way;
    way.targets.push_back({mapping.internal.host, port});
    if (mapping.is_tls()) way.tls = site.trust_of(mapping);
    return way;
}

bool is_same(const Site& a, const mappings::Mapping& x, const Site& b, const mappings::Mapping& y) {
    return x.internal == y.internal && x.limits == y.limits && x.host_header == y.host_header &&
           x.virtual_host == y.virtual_host && x.principal == y.principal &&
           x.system_certificate == y.system_certificate && x.pins == y.pins &&
           a.trust_digest == b.trust_digest && a.config.strip == b.config.strip;
}

}  // namespace

Backends::Backends(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool)
    : loop_(loop), sweep_(sweep), pool_(pool) {}

Backends::~Backends() = default;

std::shared_ptr<Backend> Backends::find(const SitePtr& site, const mappings::Mapping& mapping) {
    const auto found = entries_.find(&mapping);
    if (found != entries_.end()) return found->second.service;
    auto service = make(*site, mapping);
    entries_.emplace(&mapping, Entry{site, service});
    return service;
}

void Backends::use(const SitePtr& site) {
    std::unordered_map<const mappings::Mapping*, Entry> kept;
    for (auto& [mapping, entry] : entries_) {
        const auto* now = site->table.find(mapping->virtual_host.text());
        if (now != nullptr && is_same(*entry.site, *mapping, *site, *now))
            kept.emplace(now, Entry{site, std::move(entry.service)});
    }
    entries_ = std::move(kept);
}

std::shared_ptr<Backend> Backends::make(const Site& site, const mappings::Mapping& mapping) {
    return mapping.is_stream() ? make_stream(site, mapping) : make_http(site, mapping);
}

std::shared_ptr<Backend> Backends::make_http(const Site& site, const mappings::Mapping& mapping) {
    const auto port = mapping.internal.ports.first;
    HttpBackend::Options options;
    options.internal_host = mapping.internal.host;
    options.internal_port = port;
    options.internal_tls = mapping.is_tls();
    options.virtual_authority = mapping.virtual_host.text();
    options.host_header = mapping.host_header == mappings::HostHeader::virtual_host
                              ? HostHeader::virtual_host
                              : HostHeader::internal_host;
    options.strip = http::StripList(site.config.strip);
    options.response_timeout = mapping.limits.response_timeout;
    options.stall_timeout = mapping.limits.stall_timeout;
    options.connections = mapping.limits.connections;
    return std::make_shared<PooledBackend>(loop_, sweep_, pool_, way_to(site, mapping, port),
                                           std::move(options));
}

std::shared_ptr<Backend> Backends::make_stream(const Site& site, const mappings::Mapping& mapping) {
    StreamBackend::Options options;
    options.way = [this, way = way_to(site, mapping, 0)](std::uint16_t port) {
        auto to_port = way;
        to_port.targets.front().port = port;
        return std::make_unique<DirectConnector>(loop_, pool_, std::move(to_port));
    };
    options.first_virtual_port = mapping.virtual_host.port();
    options.first_internal_port = mapping.internal.ports.first;
    options.connections = mapping.limits.connections;
    options.idle_timeout = mapping.limits.idle_timeout;
    return std::make_shared<StreamBackend>(loop_, sweep_, std::move(options));
}

}  // namespace sallyport::agent
