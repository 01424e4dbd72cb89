#pragma once

#include "agent/http_wire.hpp"
#include "agent/login.hpp"
#include "agent/retry_policy.hpp"
#include "agent/rewrite.hpp"
#include "http/hygiene.hpp"
#include "http/pump.hpp"
#include "http/service.hpp"
#include "net/idle_sweep.hpp"

#include <chrono>
#include <string>

namespace sallyport::agent {

/// What Host the back end sees. internal adds X-Forwarded-Host with the virtual one.
enum class HostHeader { virtual_host, internal_host };

/// What is the same for all exchanges with a back end.
struct HttpExchangeRules {
    Rewrite rewrite;
    std::string internal_authority;  // as Host, without a default port
    std::string virtual_authority;
    HostHeader host_header = HostHeader::virtual_host;
    http::StripList strip{};
    std::chrono::milliseconds response_timeout{60'000};
    std::chrono::milliseconds stall_timeout{900'000};
};

/// One request and its response on one connection, step by step: each step moves what can be moved
/// in both directions.
class HttpExchange final : private net::IdleSweep::Watched {
public:
    /// Responses before the response: they are passed on, and nothing limits their flow.
    static constexpr int informs_max = 64;

    HttpExchange(net::Loop& loop, net::IdleSweep& sweep, const HttpExchangeRules& rules,
                 const http::RequestHead& head, http::Body& up, http::Answer& down);
    ~HttpExchange() = default;
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    /// Whether the request can be written at all. Errors: Errc::malformed.
    Result<void> check() const;
    /// Writes the request head; starts anew if an earlier connection failed. `login` may be null;
    /// it and `rules`, those of the host that the wire leads to, must stay as long as this.
    void begin(HttpWire& wire, const Login* login, const HttpExchangeRules& rules);
    /// The wire goes before the next begin(); the response time-out may come in between.
    void leave() { wire_ = nullptr; }

    enum class Step {
        wait,  // for the event
        done,  // the answer is finished
    };
    /// Errors: Errc::aborted, timed_out, cut, protocol, malformed (the request body).
    Result<Step> step();

    /// Whether the connection may serve another exchange.
    bool reusable() const;
    /// After an error on a reused connection: whether nothing was lost by it.
    bool repeatable() const;
    /// Of the answer that has been passed on, at least its head; 0: none yet.
    int status() const { return status_; }
    /// All of the request has been written.
    bool request_out() const { return request_done_; }
    /// What a failed attempt leaves; `sent`: begin() was called for it.
    FailedAttempt failed(bool sent) const;
    /// Whether it must not go out on a connection that may be half dead.
    bool careful() const;
    const bool& expired() const { return expired_; }

private:
    void on_deadline() override;
    std::uint64_t progress() const;

    void write_fields();
    bool is_replaced(std::string_view name) const;
    void move_request();
    Result<void> move_response();
    Result<bool> read_head();
    Result<void> pass_head();
    void choose_fields();
    void rewrite(http::Field& field);
    void begin_body();
    Error broken() const;

    net::IdleSweep& sweep_;
    const HttpExchangeRules* rules_;
    const http::RequestHead& head_;
    http::Body& up_;
    http::Answer& down_;
    http::NextTurn next_turn_;
    HttpWire* wire_ = nullptr;
    const Login* login_ = nullptr;
    int informs_ = 0;
    int status_ = 0;
    std::uint64_t progress_ = 0;         // as of the last deadline
    std::uint64_t received_before_ = 0;  // on this connection, before this exchange
    bool request_done_ = false;
    bool request_stopped_ = false;  // the back end takes no more of it
    bool request_touched_ = false;
    bool head_done_ = false;
    bool response_done_ = false;
    bool upgraded_ = false;
    bool handshakes_ = false;     // NTLM or Negotiate authenticates the connection, not the request
    bool stall_counted_ = false;  // the running deadline was set after the response head
    bool expired_ = false;
};

}  // namespace sallyport::agent
