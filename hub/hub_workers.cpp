#include "hub/hub.hpp"
#include "hub/listening_sockets.hpp"
#include "hub/socks5.hpp"

namespace sallyport::hub {

/// Each with its own socket of every port for cloud applications.
Result<void> Hub::open_workers(std::vector<net::PassedSocket>& passed,
                               const TokenVerifier& verifier) {
    const auto plaintext = config_->allow_plaintext ? Plaintext::allowed : Plaintext::refused;
    auto proxy = take_or_open_plain(passed, "proxy", config_->proxy, plaintext);
    if (!proxy) return proxy.error();
    proxy_address_ = proxy->local_address();
    for (std::size_t i = 0; i < config_->workers; ++i) {
        auto socket = proxy->duplicate();
        if (!socket) return socket.error();
        workers_.push_back(std::make_unique<Worker>(i, *shared_, verifier, std::move(*socket)));
    }
    if (config_->socks5.empty()) return {};
    auto socks5 = take_or_open_plain(passed, "socks5", config_->socks5, plaintext);
    if (!socks5) return socks5.error();
    socks5_address_ = socks5->local_address();
    for (auto& worker : workers_) {
        auto socket = socks5->duplicate();
        if (!socket) return socket.error();
        worker->listen({"socks5", std::move(*socket), [] { return std::make_unique<Socks5>(); }});
    }
    return {};
}

}  // namespace sallyport::hub
