// What the running hub says of itself over its admin socket.
#include "hub/hub.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::hub {

namespace json = boost::json;

net::Task<http::SimpleResponse> Hub::administer(const http::SimpleRequest& request) {
    http::SimpleResponse response;
    if (request.head.target == "/v1/status" && request.head.method == "GET") {
        response.body = json::serialize(status());
        co_return response;
    }
    response.status = 404;
    response.body = R"({"error":{"code":"not_found","message":"unknown request"}})";
    co_return response;
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
                         {"virtual_hosts", std::move(hosts)}});
    }
    std::size_t clients = 0;
    for (const auto& worker : workers_) clients += worker->clients();
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(net::Loop::now() - started_);
    return {
        {"version", SALLYPORT_VERSION},
        {"name", config_.name},
        {"seconds", up.count()},
        {"listen", json::object{{"tls", tls_port_->local_address()}, {"proxy", proxy_address_}}},
        {"workers", workers_.size()},
        {"client_connections", clients},
        {"memory_budget",
         json::object{{"used_bytes", budget_.used()}, {"bytes", budget_.bytes_max()}}},
        {"agents", std::move(agents)}};
}

}  // namespace sallyport::hub
