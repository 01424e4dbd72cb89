#include "agent/back_end_report.hpp"

#include <boost/json/object.hpp>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

json::object to_json(const HostState::Snapshot& host) {
    json::object out{{"internal", host.internal_host},
                     {"circuit", to_text(host.state)},
                     {"answers", host.answers},
                     {"failures", host.failures},
                     {"opened", host.opened}};
    if (host.next_probe) out["next_probe_ms"] = host.next_probe->count();
    if (host.checks) {
        out["healthy"] = host.healthy;
        out["checks_failed"] = host.checks_failed;
    }
    if (!host.last_error.empty()) out["last_error"] = host.last_error;
    return out;
}

std::uint64_t number_at(const json::object& object, const char* name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? 0 : value->to_number<std::uint64_t>();
}

std::string text_at(const json::object& object, const char* name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? std::string() : std::string(value->as_string().c_str());
}

/// "circuit open, the next request may try it in 800 ms"; empty if all is well.
std::string trouble(const json::object& host) {
    const auto circuit = text_at(host, "circuit");
    std::string said;
    if (circuit == "open")
        said = "LEFT ALONE after failures, tried again in " +
               std::to_string(number_at(host, "next_probe_ms")) + " ms";
    if (circuit == "half-open") said = "after failures, the next request tries it again";
    const auto* healthy = host.if_contains("healthy");
    if (healthy != nullptr && !healthy->as_bool())
        said += (said.empty() ? "" : "; ") + std::string("NOT HEALTHY, as its check says");
    if (said.empty()) return said;
    const auto error = text_at(host, "last_error");
    return error.empty() ? said : said + ": " + error;
}

}  // namespace

json::array to_json(const std::vector<MappingState::Snapshot>& mappings) {
    json::array all;
    for (const auto& mapping : mappings) {
        json::array hosts;
        for (const auto& host : mapping.hosts) hosts.push_back(to_json(host));
        all.push_back(json::object{{"virtual", mapping.virtual_host},
                                   {"rate_limited", mapping.rate_limited},
                                   {"circuit_refused", mapping.circuit_refused},
                                   {"retries", mapping.retries},
                                   {"failed_over", mapping.failed_over},
                                   {"hosts", std::move(hosts)}});
    }
    return all;
}

std::string describe_back_ends(const json::array& mappings) {
    std::string all;
    for (const auto& entry : mappings) {
        const auto& mapping = entry.as_object();
        std::string lines;
        for (const auto& host : mapping.at("hosts").as_array()) {
            const auto said = trouble(host.as_object());
            if (!said.empty())
                lines.append("    ")
                    .append(text_at(host.as_object(), "internal"))
                    .append(" ")
                    .append(said + "\n");
        }
        if (lines.empty()) continue;
        all.append("back end of ").append(text_at(mapping, "virtual")).append(":\n").append(lines);
    }
    return all;
}

}  // namespace sallyport::agent
