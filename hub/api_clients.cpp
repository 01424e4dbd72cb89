#include "hub/api_clients.hpp"

#include "base/log.hpp"
#include "http/simple_service.hpp"
#include "hub/api.hpp"
#include "net/deadline.hpp"

namespace sallyport::hub {

ApiClients::ApiClients(net::Loop& loop, net::IdleSweep& sweep, Api& api)
    : loop_(loop), sweep_(sweep), api_(api), tasks_(loop) {}

void ApiClients::take(std::unique_ptr<net::TlsDuplex> connection) {
    if (tasks_.size() >= api_clients_max) {
        log::warn("api.too_many_clients", {{"limit", api_clients_max}});
        return;
    }
    tasks_.spawn("api", serve(std::move(connection)));
}

net::Task<void> ApiClients::serve(std::unique_ptr<net::TlsDuplex> duplex) {
    struct Known {
        Known(std::set<http::H1Connection*>& s, http::H1Connection& c) : all(s), connection(c) {
            all.insert(&connection);
        }
        ~Known() { all.erase(&connection); }
        std::set<http::H1Connection*>& all;
        http::H1Connection& connection;
    };
    auto certificate = duplex->peer_certificate();
    std::vector<certs::Certificate> external;
    if (auto peer = duplex->external_peer()) {
        certificate.reset();  // nobody takes it for one of ours
        external = std::move(peer->issuers);
        external.insert(external.begin(), peer->leaf);
    }
    const auto peer = duplex->peer();
    http::SimpleService service(
        [this, certificate, peer, external](const http::SimpleRequest& request) {
            return api_.answer(request, certificate, peer, external);
        },
        {.culprit = "sallyport-hub", .request_bytes_max = api_body_bytes_max});
    http::H1Connection connection(loop_, sweep_, std::move(duplex), service, limits_);
    const Known known(connections_, connection);
    (void)co_await connection.run();
}

net::Task<void> ApiClients::stop(net::Deadline deadline) {
    for (auto* connection : connections_) connection->drain();
    while (!tasks_.empty() && net::Loop::now() < deadline)
        co_await net::sleep_for(std::chrono::milliseconds(5));
    tasks_.cancel();
    co_await tasks_.join();
}

}  // namespace sallyport::hub
