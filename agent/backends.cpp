#include "agent/backends.hpp"

#include "agent/http_backend.hpp"
#include "agent/ldap_inspection.hpp"
#include "agent/rfc_inspection.hpp"
#include "agent/sftp_backend.hpp"
#include "agent/sftp_connector.hpp"
#include "agent/stream_backend.hpp"
#include "mappings/exposure.hpp"

#include <cassert>
#include <utility>

namespace sallyport::agent {
namespace {

/// Pools of connections together with what makes them.
struct PooledBackend final : Backend {
    using Ways = std::vector<std::unique_ptr<Connector>>;
    PooledBackend(net::Loop& loop, net::IdleSweep& sweep, Ways ways, HttpBackend::Options options)
        : connectors(std::move(ways)),
          backend(loop, sweep, *connectors.front(), std::move(options)) {}

    net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                     http::Answer& down, LoginPtr login) override {
        return backend.serve_as(head, up, down, std::move(login));
    }
    net::Task<Result<void>> serve_recorded(const http::RequestHead& head, http::Body& up,
                                           http::Answer& down, LoginPtr login,
                                           ExchangeAudit& audit) override {
        return backend.serve_recorded(head, up, down, std::move(login), audit);
    }
    void retire() override { backend.retire(); }
    void expire_at(std::optional<mappings::Moment> moment) override { backend.expire_at(moment); }

    PoolStatus pool() const override { return backend.pool(); }

    Ways connectors;  // one for each host
    HttpBackend backend;
};

/// Whether what was made for the one serves the other. What does not concern a mapping does not end
/// its streams.
bool is_same(const Site& a, const mappings::Mapping& x, const Site& b, const mappings::Mapping& y) {
    return x.internal == y.internal && x.others == y.others && x.limits == y.limits &&
           x.health == y.health && x.host_header == y.host_header &&
           x.virtual_host == y.virtual_host && x.rfc == y.rfc && x.principal == y.principal &&
           x.system_certificate == y.system_certificate && x.pins == y.pins &&
           x.host_pins == y.host_pins && x.hub == y.hub && x.operations == y.operations &&
           Ways::same_ssh(a, x, b, y) && (!x.is_tls() || a.trust_digest == b.trust_digest) &&
           (x.is_stream() || a.config.strip == b.config.strip) &&
           (!x.is_files() || x.rules == y.rules);
}

bool is_open(const mappings::Mapping& mapping) {
    const auto now = std::chrono::system_clock::now();
    return mappings::closing_of(mapping, now) == mappings::Closing::none;
}

/// What looks into streams to that host; empty: nobody does.
decltype(StreamBackend::Options::inspect) inspections_of(const mappings::Mapping& mapping,
                                                         const mappings::InternalHost& host) {
    if (mapping.is_directory()) return ldap_inspections(mapping.operations);
    if (!mapping.rfc) return {};
    auto of_host = mapping;  // whose names are in the conversation
    of_host.internal = host;
    return rfc_inspections(of_host);
}

}  // namespace

Backends::Backends(net::Loop& loop, net::IdleSweep& sweep, net::BlockingPool& pool,
                   MappingStates& states)
    : loop_(loop), sweep_(sweep), ways_(loop, sweep, pool), states_(states) {}

Backends::~Backends() = default;

std::shared_ptr<Backend> Backends::find(const SitePtr& site, const mappings::Mapping& mapping) {
    const auto found = entries_.find(&mapping);
    if (found != entries_.end()) return found->second.service;
    if (site_ != nullptr && site_ != site && mapping.is_stream()) return overtaken(*site, mapping);
    auto service = make(*site, mapping);
    entries_.emplace(&mapping, Entry{site, service});
    return service;
}

/// For a stream that was decided before the last reload: it would outlive its mapping.
std::shared_ptr<Backend> Backends::overtaken(const Site& site, const mappings::Mapping& mapping) {
    const auto* now = site_->table.find(mapping.virtual_host.text());
    if (now != nullptr && is_open(*now) && is_same(site, mapping, *site_, *now))
        return find(site_, *now);
    auto gone = make(site, mapping);
    gone->retire();
    return gone;
}

void Backends::use(const SitePtr& site) {
    site_ = site;
    std::unordered_map<const mappings::Mapping*, Entry> kept;
    for (auto& [mapping, entry] : entries_) {
        const auto* now = site->table.find(mapping->virtual_host.text());
        if (now == nullptr || !is_open(*now) || !is_same(*entry.site, *mapping, *site, *now)) {
            entry.service->retire();
            continue;
        }
        entry.service->expire_at(now->expires);
        kept.emplace(now, Entry{site, std::move(entry.service)});
    }
    entries_ = std::move(kept);
}

std::vector<std::pair<std::string, PoolStatus>> Backends::pools() const {
    std::vector<std::pair<std::string, PoolStatus>> all;
    for (const auto& [mapping, entry] : entries_)
        all.emplace_back(mapping->virtual_text(), entry.service->pool());
    return all;
}

std::shared_ptr<Backend> Backends::make(const Site& site, const mappings::Mapping& mapping) {
    const auto state = states_.of(mapping);
    auto made = mapping.is_files()    ? make_files(site, mapping)
                : mapping.is_stream() ? make_stream(site, mapping, state)
                                      : make_http(site, mapping, state);
    made->use(state);
    return made;
}

std::shared_ptr<Backend> Backends::make_http(const Site& site, const mappings::Mapping& mapping,
                                             const MappingStatePtr& state) {
    HttpBackend::Options options;
    options.state = state;
    options.internal_host = mapping.internal.host;
    options.internal_port = mapping.internal.ports.first;
    options.internal_tls = mapping.is_tls();
    options.virtual_authority = mapping.virtual_host.text();
    options.host_header = mapping.host_header == mappings::HostHeader::virtual_host
                              ? HostHeader::virtual_host
                              : HostHeader::internal_host;
    options.strip = http::StripList(site.config.strip);
    options.response_timeout = mapping.limits.response_timeout;
    options.stall_timeout = mapping.limits.stall_timeout;
    options.connections = mapping.limits.connections;
    options.waiting = mapping.limits.queue;
    options.queue_timeout = mapping.limits.queue_timeout;
    PooledBackend::Ways ways;
    for (std::size_t i = 0; i < mapping.host_count(); ++i)
        ways.push_back(ways_.to(site, mapping, i)(mapping.host(i).ports.first));
    auto made = std::make_shared<PooledBackend>(loop_, sweep_, std::move(ways), std::move(options));
    for (std::size_t i = 1; i < mapping.host_count(); ++i)
        made->backend.add_host(*made->connectors[i], mapping.host(i).host,
                               mapping.host(i).ports.first);
    made->expire_at(mapping.expires);
    return made;
}

std::shared_ptr<Backend> Backends::make_files(const Site& site, const mappings::Mapping& mapping) {
    SftpBackend::Options options;
    options.base = mapping.internal.base;
    options.times = {mapping.limits.response_timeout, mapping.limits.stall_timeout};
    options.limits.connections = mapping.limits.connections;
    options.limits.waiting = mapping.limits.queue;
    options.limits.patience = mapping.limits.queue_timeout;
    auto way = std::make_unique<SftpConnector>(ways_.file_server(site, mapping));
    auto judged = mapping;  // the exchange has asked whether it is open
    judged.enabled = true;
    judged.maintenance = false;
    judged.expires.reset();
    auto table = mappings::Table::create({std::move(judged)});
    assert(table && "the table of the site has taken it");
    return std::make_shared<SftpBackend>(loop_, sweep_, std::move(way), std::move(*table),
                                         std::move(options));
}

std::shared_ptr<Backend> Backends::make_stream(const Site& site, const mappings::Mapping& mapping,
                                               const MappingStatePtr& state) {
    StreamBackend::Options options;
    options.state = state;
    options.way = ways_.to(site, mapping);
    options.inspect = inspections_of(mapping, mapping.internal);
    for (std::size_t i = 1; i < mapping.host_count(); ++i)
        options.others.push_back({.way = ways_.to(site, mapping, i),
                                  .inspect = inspections_of(mapping, mapping.host(i)),
                                  .first_internal_port = mapping.host(i).ports.first});
    options.name = mapping.virtual_text();
    options.first_virtual_port = mapping.virtual_host.port();
    options.first_internal_port = mapping.internal.ports.first;
    options.connections = mapping.limits.connections;
    options.idle_timeout = mapping.limits.idle_timeout;
    auto backend = std::make_shared<StreamBackend>(loop_, sweep_, std::move(options));
    backend->expire_at(mapping.expires);
    return backend;
}

}  // namespace sallyport::agent
