#include "agent/tls_client.hpp"

#include "net/loop.hpp"
#include "net/tls_duplex.hpp"

namespace sallyport::agent {

net::Task<Result<std::unique_ptr<net::Duplex>>> speak_tls(
    net::Loop& loop, std::unique_ptr<net::Duplex> wire,
    std::shared_ptr<const net::TlsContext> context, Target target, const Login* login,
    net::Deadline deadline) {
    net::TlsIdentity own;
    if (login != nullptr && login->certificate)
        own = {.chain = login->certificate->chain, .key = &login->certificate->key};
    auto tls = net::TlsDuplex::client(std::move(context), std::move(wire), target.host, own);
    if (!tls) co_return tls.error();
    const auto done = co_await (*tls)->handshake(loop, deadline);
    if (!done) co_return Error{done.error().code, target.text() + ": " + done.error().detail};
    co_return std::unique_ptr<net::Duplex>(std::move(*tls));
}

}  // namespace sallyport::agent
