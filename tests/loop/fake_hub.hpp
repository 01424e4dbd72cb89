#pragma once

#include "net/listener.hpp"
#include "net/task_group.hpp"
#include "net/tls_context.hpp"
#include "tests/support/lossy_duplex.hpp"
#include "tunnel/client_end.hpp"
#include "tunnel/control_stream.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::test {

/// The other end of an agent's links: real sockets, TLS and HTTP/2, and none of a hub's policy.
class FakeHub {
public:
    struct Options {
        std::uint64_t workers = 1;  // told in the welcome
        bool welcomes = true;       // otherwise it hears the hello and is silent
        std::optional<tunnel::Refused> refuses = std::nullopt;
        std::optional<LossyOptions> lossy = std::nullopt;
        std::string address = "127.0.0.1:0";
    };

    /// One link of the agent.
    struct Guest {
        LossyDuplex* wire = nullptr;  // to stall or cut it, while `end` lives
        std::unique_ptr<tunnel::ClientEnd> end;
        std::unique_ptr<tunnel::HubControl> control;
        std::optional<tunnel::Hello> hello;
        std::optional<certs::Certificate> certificate;
        bool restarting = false;
        bool over = false;
        Error why{};
    };

    FakeHub(net::Loop& loop, std::shared_ptr<const net::TlsContext> tls, Options options);
    ~FakeHub();

    std::uint16_t port() const { return listener_->socket().port(); }
    std::string url() const { return "https://localhost:" + std::to_string(port()); }
    /// Takes a connection that came another way.
    void take(std::unique_ptr<net::Duplex> wire);
    /// New connections wait in the kernel's queue.
    void stop_accepting() { listener_->stop(); }
    void set_context(std::shared_ptr<const net::TlsContext> tls) { tls_ = std::move(tls); }
    Options& options() { return options_; }

    /// All there ever were, in the order of their hellos.
    const std::vector<Guest*>& guests() const { return greeted_; }
    /// Greeted, not over and not draining.
    std::size_t up() const;
    Guest* newest() const { return greeted_.empty() ? nullptr : greeted_.back(); }
    std::size_t connections() const { return guests_.size(); }
    /// Ends everything at once.
    void shut_down();

private:
    net::Task<void> serve(Guest& guest, std::unique_ptr<net::Duplex> wire);
    net::Task<void> talk(Guest& guest);
    void hear(Guest& guest, tunnel::ControlMessage message);

    net::Loop& loop_;
    std::shared_ptr<const net::TlsContext> tls_;
    Options options_;
    tunnel::MemoryBudget budget_;
    net::TaskGroup tasks_;
    std::optional<net::Listener> listener_;
    std::vector<std::unique_ptr<Guest>> guests_;
    std::vector<Guest*> greeted_;
};

}  // namespace sallyport::test
