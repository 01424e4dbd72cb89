// What the running agent says of itself.
#include "agent/agent.hpp"
#include "agent/back_end_report.hpp"
#include "agent/certificate_list.hpp"
#include "agent/worker_report.hpp"
#include "base/error.hpp"
#include "daemon/audit_report.hpp"
#include "daemon/forward_report.hpp"
#include "daemon/restart_needed.hpp"
#include "net/ask.hpp"

#include <boost/json/array.hpp>

#include <map>
#include <utility>

namespace sallyport::agent {

namespace json = boost::json;

namespace {

json::object to_json(const ssh::Host::Status& host) {
    json::object out{
        {"server", host.name}, {"sessions", host.sessions}, {"channels", host.channels}};
    if (!host.last_error.empty()) out["last_error"] = host.last_error;
    return out;
}

json::object to_json(const Channels::Status& channel) {
    json::object out{{"name", channel.name},     {"hub", channel.hub},
                     {"listen", channel.listen}, {"connections", channel.connections},
                     {"opened", channel.opened}, {"failed", channel.failed}};
    if (!channel.last_error.empty()) out["last_error"] = channel.last_error;
    return out;
}

json::object to_json(const Rotation::Status& rotation) {
    json::object out{{"phase", rotation.phase},
                     {"health", certs::to_text(rotation.health)},
                     {"issued", seconds_of(rotation.life.issued)},
                     {"next", seconds_of(rotation.next)},
                     {"failures", rotation.failures},
                     {"renewals", rotation.renewals},
                     {"failed_renewals", rotation.failed_renewals}};
    if (!rotation.last_error.empty()) out["last_error"] = rotation.last_error;
    if (rotation.skew) out["clock_skew_seconds"] = rotation.skew->count();
    if (const auto text = describe_skew(rotation.skew); !text.empty()) out["clock"] = text;
    return out;
}

/// `ready` is of the last synthetic exchange, if the hub makes any.
json::object to_json(const ReadyBoard::Hub& hub, json::array links) {
    json::object out{{"name", hub.name}, {"up", hub.links > 0}};
    if (hub.interval.count() > 0) {
        json::object ready{{"interval_ms", hub.interval.count()}};
        if (hub.last != ReadyBoard::Time()) {
            const auto age = net::Loop::now() - hub.last;
            ready["seconds"] = std::chrono::duration_cast<std::chrono::seconds>(age).count();
            ready["round_trip_us"] = hub.round_trip.count();
        }
        out["ready"] = std::move(ready);
    }
    out["links"] = std::move(links);
    return out;
}

/// Whose users this site believes, and whether their keys are at hand.
json::array to_json(const IdentityProviders& providers, const daemon::KeySnapshot& fetched) {
    json::array all;
    for (const auto& provider : providers.all()) {
        const auto found = fetched.find(provider.source);
        const auto* known = found == fetched.end() ? nullptr : &found->second;
        const auto& keys = known != nullptr ? known->keys : provider.keys;
        json::object out{{"issuer", provider.expected.issuers.front()},
                         {"keys", keys ? keys->size() : 0},
                         {"any_audience", provider.expected.any_audience}};
        if (known != nullptr && !known->error.empty()) out["last_error"] = known->error;
        all.push_back(std::move(out));
    }
    return all;
}

}  // namespace

net::Task<Worker::Status> Agent::ask(Worker& worker) {
    std::function<void(std::function<void(Worker::Status)>)> ask =
        [&worker](std::function<void(Worker::Status)> tell) { worker.ask_status(std::move(tell)); };
    return net::ask_elsewhere<Worker::Status>(loop_, std::move(ask));
}

net::Task<json::object> Agent::status() {
    std::map<std::string, json::array> links;  // by hub, of all workers
    json::array ssh;
    json::array channels;
    for (auto& worker : workers_) {
        const auto told = co_await ask(*worker);
        for (const auto& host : told.ssh_hosts) ssh.push_back(to_json(host));
        for (const auto& channel : told.channels) channels.push_back(to_json(channel));
        for (const auto& [name, list] : told.links)
            for (const auto& link : list) links[name].push_back(to_json(link));
    }
    json::array hubs;
    for (const auto& hub : board_.look()) hubs.push_back(to_json(hub, links[hub.name]));
    const auto reasons = readiness();
    const auto& config = site_->config;
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - started_);
    json::object out{{"version", SALLYPORT_VERSION},
                     {"seconds", up.count()},
                     {"epoch", epoch_},
                     {"ready", reasons.empty()},
                     {"not_ready", to_json(reasons)},
                     {"draining", draining_},
                     {"configuration", config.digest},
                     {"restart_needed", daemon::restart_needed_json(restart_needed_)},
                     {"mappings", site_->table.mappings().size()}};
    {
        const std::lock_guard lock(identity_mutex_);
        out["identity"] = identity_;
    }
    const auto rotation = rotation_->status();
    out["identity"].as_object()["renewal"] = to_json(rotation);
    auto audit = daemon::audit_status(*log_);
    audit["forward"] = daemon::forward_status(forwarders_);
    out["audit"] = std::move(audit);
    out["witnesses"] = witnesses_json();
    out["identity_providers"] = to_json(site_->identity_providers, *key_sets_.snapshot());
    out["certificates"] =
        daemon::expiry_json(watched_certificates(), std::chrono::system_clock::now());
    out["admin"] = admin_status();
    auto& warnings = out["warnings"].emplace_array();
    for (const auto& warning : all_warnings(*site_)) warnings.emplace_back(warning);
    if (site_->last_good) out["last_good"] = daemon::to_json(*site_->last_good);
    auto& overrides = out["overrides"].emplace_array();
    for (const auto& [name, one] : site_->overrides.all()) overrides.push_back(to_json(name, one));
    out["memory_budget"] =
        json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}};
    out["log_lines_dropped"] = log::dropped();
    out["back_ends"] = to_json(shared_->states->snapshot(net::Loop::now()));
    out["log"] = level_.status();
    out["hubs"] = std::move(hubs);
    out["ssh"] = std::move(ssh);
    out["channels"] = std::move(channels);
    co_return out;
}

}  // namespace sallyport::agent
