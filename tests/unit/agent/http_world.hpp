#pragma once

#include "agent/http_backend.hpp"
#include "base/error.hpp"
#include "http/h1_connection.hpp"
#include "net/task_group.hpp"
#include "tests/support/memory_duplex.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/wire_talk.hpp"
#include "tests/unit/agent/mapping_world.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sallyport::agent {

inline constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A back end in the hands of a test: each connection is a WireTalk.
class FakeConnector final : public Connector {
public:
    FakeConnector(net::Loop& loop, test::WireOptions options) : loop_(loop), options_(options) {}
    net::Task<Result<std::unique_ptr<net::Duplex>>> connect(const Login* login,
                                                            net::Deadline deadline) override {
        logins.push_back(login);
        deadlines.push_back(deadline);
        if (refuses) co_return Error{Errc::unavailable, "refused"};
        if (hangs) {
            const Attempt attempt(connecting);
            net::Event never(loop_.turn);
            while (true) co_await never.wait();
        }
        auto [ours, theirs] = test::MemoryDuplex::pair(options_);
        made.push_back(std::make_unique<test::WireTalk>(loop_, std::move(theirs)));
        if (!greeting.empty()) made.back()->say(greeting);
        co_return std::unique_ptr<net::Duplex>(std::move(ours));
    }
    bool refuses = false;
    bool hangs = false;  // nobody answers
    int connecting = 0;
    std::string greeting;
    std::deque<std::unique_ptr<test::WireTalk>> made;
    std::vector<const Login*> logins;  // as whom
    std::vector<net::Deadline> deadlines;

private:
    struct Attempt {
        explicit Attempt(int& n) : count(n) { ++count; }
        ~Attempt() { --count; }
        Attempt(const Attempt&) = delete;
        Attempt& operator=(const Attempt&) = delete;
        int& count;
    };
    net::Loop& loop_;
    test::WireOptions options_;
};

inline HttpBackend::Options backend_options() {
    HttpBackend::Options options;
    options.state = state_of();
    options.internal_host = "s4.corp.local";
    options.internal_port = 44300;
    options.internal_tls = true;
    options.virtual_authority = "erp.virtual:8000";
    return options;
}

/// A login that adds these fields.
inline std::shared_ptr<Login> login_with(
    const std::vector<std::pair<std::string, std::string>>& fields) {
    auto login = std::make_shared<Login>();
    for (const auto& [name, value] : fields) login->fields.push_back({name, Secret(value)});
    return login;
}

/// Serves as a given login, and remembers what came out.
class Caller final : public http::Service {
public:
    explicit Caller(HttpBackend& backend) : backend_(backend) {}
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        auto asked = head;
        if (upgrade_body && !head.upgrade.empty()) asked.body = *upgrade_body;
        auto served = co_await backend_.serve_as(asked, up, down, login);
        last = served ? Errc{} : static_cast<Errc>(served.error().code.value());
        ++ends;
        co_return served;
    }
    LoginPtr login;
    std::optional<http::BodySize> upgrade_body;  // what a hub says of an upgrade instead
    Errc last{};
    int ends = 0;

private:
    HttpBackend& backend_;
};

/// Clients that talk HTTP/1.1 to an HttpBackend, and the back end's side of it.
struct HttpWorld {
    explicit HttpWorld(HttpBackend::Options given = backend_options(), test::WireOptions wires = {})
        : options(wires), connector(loop, wires), backend(loop, sweep, connector, given) {
        client = &add_client();
    }
    ~HttpWorld() {
        group.cancel();
        test::run_until_done(loop, group);
    }
    test::WireTalk& add_client() {
        auto [ours, theirs] = test::MemoryDuplex::pair(options);
        connections.push_back(
            std::make_unique<http::H1Connection>(loop, sweep, std::move(theirs), caller, limits));
        group.spawn("client", run(*connections.back()));
        return *clients.emplace_back(std::make_unique<test::WireTalk>(loop, std::move(ours)));
    }
    net::Task<void> run(http::H1Connection& connection) { (void)co_await connection.run(); }

    bool until(const std::function<bool()>& condition) { return test::run_until(loop, condition); }
    bool client_hears(std::string_view text) {
        return until([&] { return client->hears(text); });
    }
    /// The n-th connection that was made hears it.
    bool server_hears(std::string_view text, std::size_t n = 0) {
        return until([&] { return connector.made.size() > n && connector.made[n]->hears(text); });
    }
    test::WireTalk& server(std::size_t n = 0) { return *connector.made.at(n); }
    /// One GET and its answer, so that a connection lies idle.
    bool warm_up() {
        client->say("GET /warm HTTP/1.1\r\nHost: e\r\n\r\n");
        if (!server_hears("\r\n\r\n")) return false;
        server().take();
        server().say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwarm");
        const bool heard =
            client_hears("warm") && until([&] { return backend.idle_connections() == 1; });
        client->take();
        return heard;
    }

    test::WireOptions options;
    net::Loop loop;
    net::IdleSweep sweep{loop};
    FakeConnector connector;
    HttpBackend backend;
    Caller caller{backend};
    http::ServerLimits limits;
    net::TaskGroup group{loop};
    std::vector<std::unique_ptr<http::H1Connection>> connections;
    std::vector<std::unique_ptr<test::WireTalk>> clients;
    test::WireTalk* client = nullptr;
};

}  // namespace sallyport::agent
