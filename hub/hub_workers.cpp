#include "hub/hub.hpp"
#include "hub/listening_sockets.hpp"
#include "hub/saprouter.hpp"
#include "hub/socks5.hpp"

namespace sallyport::hub {
namespace {

template <class Handshake>
std::unique_ptr<StreamHandshake> make() {
    return std::make_unique<Handshake>();
}

Plaintext plaintext_of(const Config& config) {
    return config.allow_plaintext ? Plaintext::allowed : Plaintext::refused;
}

}  // namespace

/// Each with its own socket of every port for cloud applications.
Result<void> Hub::open_workers(std::vector<net::PassedSocket>& passed,
                               const TokenVerifier& verifier) {
    auto proxy = take_or_open_plain(passed, "proxy", config_->proxy, plaintext_of(*config_));
    if (!proxy) return proxy.error();
    proxy_address_ = proxy->local_address();
    for (std::size_t i = 0; i < config_->workers; ++i) {
        auto socket = proxy->duplicate();
        if (!socket) return socket.error();
        workers_.push_back(std::make_unique<Worker>(i, *shared_, verifier, std::move(*socket)));
    }
    auto socks5 = open_streams(passed, "socks5", config_->socks5, make<Socks5>);
    if (!socks5) return socks5.error();
    socks5_address_ = std::move(*socks5);
    auto saprouter = open_streams(passed, "saprouter", config_->saprouter, make<SapRouter>);
    if (!saprouter) return saprouter.error();
    saprouter_address_ = std::move(*saprouter);
    return {};
}

Result<std::string> Hub::open_streams(std::vector<net::PassedSocket>& passed, std::string_view name,
                                      const std::string& address,
                                      std::unique_ptr<StreamHandshake> (*handshake)()) {
    if (address.empty()) return std::string();
    const auto socket = take_or_open_plain(passed, name, address, plaintext_of(*config_));
    if (!socket) return socket.error();
    for (auto& worker : workers_) {
        auto own = socket->duplicate();
        if (!own) return own.error();
        worker->listen({name, std::move(*own), handshake});
    }
    return socket->local_address();
}

}  // namespace sallyport::hub
