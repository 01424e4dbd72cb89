// What the running hub says and does over its admin socket.
#include "base/log.hpp"
#include "hub/hub.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <string_view>

namespace sallyport::hub {

namespace json = boost::json;

namespace {

http::SimpleResponse error_response(int status, std::string_view code, std::string_view message) {
    http::SimpleResponse response;
    response.status = status;
    response.body = json::serialize(
        json::object{{"error", json::object{{"code", code}, {"message", message}}}});
    return response;
}

json::array to_json(const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
}

}  // namespace

net::Task<http::SimpleResponse> Hub::administer(const http::SimpleRequest& request) {
    const auto& method = request.head.method;
    const auto& target = request.head.target;
    http::SimpleResponse response;
    if (target == "/v1/status" && method == "GET") {
        response.body = json::serialize(status());
        co_return response;
    }
    if (target == "/v1/reload" && method == "POST") {
        if (auto reloaded = reload("admin"); !reloaded)
            co_return error_response(422, "invalid", reloaded.error().detail);
        response.body = json::serialize(json::object{{"configuration", config_->digest},
                                                     {"restart_needed", to_json(restart_needed_)}});
        co_return response;
    }
    co_return error_response(404, "not_found", "unknown request");
}

json::object Hub::status() const {
    json::array agents;
    for (const auto& agent : registry_.status()) {
        const auto* tenant = accounts_->find_tenant(agent.member.tenant);
        json::array hosts;
        for (const auto& host : agent.member.virtual_hosts) hosts.emplace_back(host);
        const auto up =
            std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - agent.since);
        agents.push_back(
            json::object{{"name", agent.member.agent},
                         {"tenant", tenant == nullptr ? agent.member.tenant : tenant->name},
                         {"location", agent.member.location},
                         {"links", agent.links},
                         {"version", agent.member.version},
                         {"epoch", agent.member.incarnation.epoch},
                         {"peer", agent.member.peer},
                         {"seconds", up.count()},
                         {"virtual_hosts", std::move(hosts)},
                         {"virtual_hosts_left_out", agent.member.virtual_hosts_left_out}});
    }
    std::size_t clients = 0;
    for (const auto& worker : workers_) clients += worker->clients();
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - started_);
    return {{"version", SALLYPORT_VERSION},
            {"name", config_->name},
            {"configuration", config_->digest},
            {"restart_needed", to_json(restart_needed_)},
            {"warnings", to_json(revocation_->get()->faults(std::chrono::system_clock::now()))},
            {"seconds", up.count()},
            {"listen", json::object{{"tls", tls_port_->local_address()},
                                    {"proxy", proxy_address_},
                                    {"socks5", socks5_address_}}},
            {"workers", workers_.size()},
            {"client_connections", clients},
            {"memory_budget",
             json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}}},
            {"log_lines_dropped", log::dropped()},
            {"agents", std::move(agents)}};
}

}  // namespace sallyport::hub
