#include "tests/support/tls_pair.hpp"

#include "net/event.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"

#include <array>
#include <stdexcept>

namespace sallyport::test {
namespace {

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(to_text(result.error()));
    return std::move(*result);
}

net::Task<void> shake(net::Loop& loop, net::TlsDuplex& tls, Result<void>& done) {
    const auto deadline = net::deadline_in(std::chrono::seconds(10));
    done = co_await tls.handshake(loop, deadline);
    // The other end must not wait for what never comes.
    if (!done) tls.close();
}

}  // namespace

TlsContextPtr TlsWorld::hub(const Held& shown, net::HubServerOptions changes) const {
    const std::vector<certs::Certificate> chain{shown.certificate, pki_.ca()};
    const auto anchors = pki_.anchors();
    changes.own = {.chain = chain, .key = &shown.key};
    if (changes.client_anchors.empty()) changes.client_anchors = anchors;
    return must(net::TlsContext::hub_server(changes));
}

TlsContextPtr TlsWorld::agent(const Held& shown, std::string_view alpn) const {
    const std::vector<certs::Certificate> chain{shown.certificate};
    const auto anchors = pki_.anchors();
    return must(net::TlsContext::hub_client(
        {.alpn = alpn, .own = {.chain = chain, .key = &shown.key}, .anchors = anchors}));
}

TlsContextPtr TlsWorld::client_without_certificate(std::string_view alpn) const {
    const auto anchors = pki_.anchors();
    return must(net::TlsContext::hub_client({.alpn = alpn, .own = {}, .anchors = anchors}));
}

TlsContextPtr TlsWorld::foreign(std::string_view alpn) const {
    const auto anchors = pki_.anchors();
    return must(net::TlsContext::back_end_client({.anchors = anchors, .own = {}, .alpn = alpn}));
}

TlsPair shake_hands(net::Loop& loop, const TlsContextPtr& server, const TlsContextPtr& client,
                    std::string_view host, WireOptions options) {
    auto [a, b] = MemoryDuplex::pair(options);
    return shake_hands(loop, server, client, host, std::move(a), std::move(b));
}

TlsPair shake_hands(net::Loop& loop, const TlsContextPtr& server, const TlsContextPtr& client,
                    std::string_view host, std::unique_ptr<net::Duplex> client_wire,
                    std::unique_ptr<net::Duplex> server_wire) {
    TlsPair pair;
    pair.client = must(net::TlsDuplex::client(client, std::move(client_wire), host));
    pair.server = must(net::TlsDuplex::server(server, std::move(server_wire)));
    net::TaskGroup group(loop);
    group.spawn("client", shake(loop, *pair.client, pair.client_done));
    group.spawn("server", shake(loop, *pair.server, pair.server_done));
    if (!run_until_done(loop, group)) throw std::runtime_error("the handshake hangs");
    return pair;
}

std::string first_read_failure(net::Loop& loop, net::TlsDuplex& tls) {
    net::Event event(loop.turn);
    if (!tls.attach(loop, event)) throw std::runtime_error("attach");
    net::Moved moved;
    run_until(loop, [&] {
        std::array<std::byte, 100> buffer;
        moved = tls.read(buffer);
        return moved.state != net::Moved::State::would_block;
    });
    tls.detach();
    return moved.state == net::Moved::State::failed ? tls.failure() : "";
}

}  // namespace sallyport::test
