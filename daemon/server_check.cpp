#include "daemon/server_check.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/secret.hpp"
#include "daemon/dial_out.hpp"
#include "daemon/machine.hpp"
#include "net/blocking_pool.hpp"
#include "net/connect.hpp"
#include "net/egress_proxy.hpp"
#include "net/resolver.hpp"

namespace sallyport::daemon {
namespace {

using net::Task;

constexpr std::chrono::seconds step_time{8};

std::string agreed_text(const net::TlsDuplex& tls) {
    auto text = std::string(tls.version());
    if (const auto leaf = tls.peer_certificate()) text += ", " + certificate_text(*leaf);
    return text;
}

/// The names and addresses on the way, one step after the other.
class Walk {
public:
    Walk(DoctorBase base, const DialledServer& server, Findings& into)
        : base_(base), server_(server), into_(into) {}

    Task<std::unique_ptr<net::Duplex>> to_first_hop();
    Task<std::unique_ptr<net::TlsDuplex>> shake_hands(std::unique_ptr<net::Duplex> wire);

private:
    void add(const char* step, const char* title, Judgement judged) {
        into_.add(server_.id + "." + step, server_.title + ": " + title, std::move(judged));
    }
    Task<bool> ask_proxy_for(net::Duplex& wire);

    DoctorBase base_;
    const DialledServer& server_;
    Findings& into_;
};

Task<std::unique_ptr<net::Duplex>> Walk::to_first_hop() {
    const bool has_proxy = !server_.proxy.url.empty();
    auto hop = server_.address;
    auto where = server_.where;
    if (has_proxy) {
        const auto proxy = ServerAddress::from_proxy_url(server_.proxy.url);
        if (!proxy) {
            add("proxy", "proxy",
                Judgement::failed(proxy.error().detail, "Write `proxy` as http://host:port."));
            co_return nullptr;
        }
        hop = *proxy;
        where = "`proxy`";
    }
    auto found = co_await net::resolve(base_.pool, base_.loop, hop.host, hop.port,
                                       net::deadline_in(step_time));
    const auto named = judge_name(hop.host, found, look_at_ipv6().global, where);
    add("name", has_proxy ? "name of the proxy" : "name", named);
    if (!found) co_return nullptr;
    const net::ConnectOptions options;
    auto socket = co_await net::connect_tcp(base_.loop, std::move(*found), options,
                                            net::deadline_in(step_time));
    const auto reached =
        socket ? Result<std::string>((*socket)->peer()) : Result<std::string>(socket.error());
    add("tcp", has_proxy ? "TCP to the proxy" : "TCP", judge_tcp(hop, reached, where));
    if (!socket) co_return nullptr;
    std::unique_ptr<net::Duplex> wire = std::move(*socket);
    if (!has_proxy) co_return wire;
    const bool is_led = co_await ask_proxy_for(*wire);
    if (!is_led) co_return nullptr;
    co_return wire;
}

Task<bool> Walk::ask_proxy_for(net::Duplex& wire) {
    Secret credentials;
    net::ProxyRequest request;
    request.host = server_.address.host;
    request.port = server_.address.port;
    request.credentials_file = server_.proxy.credentials.string();
    if (!server_.proxy.credentials.empty()) {
        auto read = read_proxy_credentials(server_.proxy.credentials);
        if (!read) {
            add("proxy", "proxy", judge_proxy(server_.address, read.error()));
            co_return false;
        }
        credentials = std::move(*read);
        request.credentials = &credentials;
    }
    const auto opened =
        co_await net::connect_through_proxy(base_.loop, wire, request, net::deadline_in(step_time));
    add("proxy", "proxy", judge_proxy(server_.address, opened));
    co_return opened.has_value();
}

Task<std::unique_ptr<net::TlsDuplex>> Walk::shake_hands(std::unique_ptr<net::Duplex> wire) {
    TlsFacts facts{.server = server_.address,
                   .alpn = server_.alpn,
                   .anchors = server_.anchors,
                   .trust = server_.trust_place,
                   .where = server_.where,
                   .now = std::chrono::system_clock::now()};
    auto tls = net::TlsDuplex::client(server_.trust, std::move(wire), server_.address.host);
    Result<void> done;
    if (tls)
        done = co_await (*tls)->handshake(base_.loop, net::deadline_in(step_time));
    else
        done = tls.error();
    if (done) {
        facts.agreed = agreed_text(**tls);
    } else {
        facts.agreed = done.error();
        // Once more, without checks: who is it?
        auto again = co_await dial_out(base_.pool, base_.loop, server_.address, server_.proxy,
                                       net::deadline_in(step_time));
        if (again) {
            auto shown =
                co_await net::probe_tls(base_.loop, std::move(*again), server_.address.host,
                                        server_.alpn, net::deadline_in(step_time));
            if (shown) facts.shown = std::move(*shown);
        }
    }
    const bool is_hub = server_.kind == DialledServer::Kind::hub;
    add("tls", "TLS", is_hub ? judge_hub_tls(facts) : judge_server_tls(facts));
    if (!done) co_return nullptr;
    co_return std::move(*tls);
}

Task<void> walk_only(DoctorBase base, DialledServer server, Findings& into) {
    const auto connection = co_await walk_to(base, std::move(server), into);
    if (connection) connection->close();
}

}  // namespace

Task<std::unique_ptr<net::TlsDuplex>> walk_to(DoctorBase base, DialledServer server,
                                              Findings& into) {
    Walk walk(base, server, into);
    auto wire = co_await walk.to_first_hop();
    if (!wire) co_return nullptr;
    if (!server.trust) {
        auto shown = co_await net::probe_tls(base.loop, std::move(wire), server.address.host,
                                             server.alpn, net::deadline_in(step_time));
        const auto seen =
            shown && !shown->chain.empty()
                ? "not compared, since nobody is known yet: " + shown->version + ", " +
                      certificate_text(shown->chain.front())
                : "not compared, since nobody is known yet: " +
                      (shown ? std::string("no certificate") : to_text(shown.error()));
        into.add(server.id + ".tls", server.title + ": TLS", Judgement::skipped(seen));
        co_return nullptr;
    }
    co_return co_await walk.shake_hands(std::move(wire));
}

Check server_check(DialledServer server) {
    auto id = server.id;
    auto title = server.title;
    return {.id = std::move(id),
            .title = std::move(title),
            .look = [server = std::move(server)](DoctorBase base, Findings& into) {
                return walk_only(base, server, into);
            }};
}

}  // namespace sallyport::daemon
