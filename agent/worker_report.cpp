#include "agent/worker_report.hpp"

#include <algorithm>

namespace sallyport::agent {

namespace json = boost::json;

json::object to_json(const HubLinks::Status& link) {
    using std::chrono::duration_cast;
    json::object out{{"link", link.slot}, {"state", link.state}};
    if (!link.peer.empty()) {
        out["peer"] = link.peer;
        out["seconds"] = duration_cast<std::chrono::seconds>(net::Loop::now() - link.since).count();
        out["round_trip_us"] = duration_cast<std::chrono::microseconds>(link.round_trip).count();
        out["streams"] = link.streams;
        out["bytes_in"] = link.bytes_in;
        out["bytes_out"] = link.bytes_out;
    }
    if (!link.last_error.empty()) out["last_error"] = link.last_error;
    return out;
}

json::array links_of(const std::vector<Worker::Status>& workers) {
    json::array hubs;
    const auto place_of = [&hubs](const std::string& name) -> json::object& {
        const auto found = std::ranges::find_if(
            hubs, [&](const json::value& hub) { return hub.at("name").as_string() == name; });
        if (found != hubs.end()) return found->as_object();
        return hubs
            .emplace_back(json::object{{"name", name}, {"up", false}, {"links", json::array()}})
            .as_object();
    };
    for (const auto& worker : workers)
        for (const auto& [name, links] : worker.links) {
            auto& hub = place_of(name);
            for (const auto& link : links) {
                if (link.state == "up") hub["up"] = true;
                hub["links"].as_array().push_back(to_json(link));
            }
        }
    return hubs;
}

PoolStatus pool_of(const std::vector<Worker::Status>& workers, std::string_view mapping) {
    PoolStatus all;
    for (const auto& worker : workers)
        for (const auto& [name, pool] : worker.pools) {
            if (name != mapping) continue;
            all.busy += pool.busy;
            all.idle += pool.idle;
            all.waiting += pool.waiting;
        }
    return all;
}

}  // namespace sallyport::agent
