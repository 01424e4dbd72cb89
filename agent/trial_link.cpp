#include "agent/trial_link.hpp"

#include "agent/hub_address.hpp"
#include "base/error.hpp"
#include "daemon/dial_out.hpp"
#include "net/tls_context.hpp"
#include "net/tls_duplex.hpp"
#include "net/within.hpp"
#include "tunnel/control_stream.hpp"
#include "tunnel/server_end.hpp"

#include <optional>

namespace sallyport::agent {
namespace {

constexpr std::chrono::seconds trial_time{30};  // from the dial to the welcome

class TrialCategory final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "trial"; }
    std::string message(int fault) const override {
        return static_cast<TrialFault>(fault) == TrialFault::certificate
                   ? "the new certificate does not work"
                   : "the hub does not take this agent";
    }
};

/// Nothing is asked for on this link.
class Nothing final : public http::Service {
public:
    net::Task<Result<void>> serve(const http::RequestHead&, http::Body&, http::Answer&) override {
        co_return Error{Errc::denied, "a trial link carries no requests"};
    }
};

struct Trial {
    Trial(net::Loop& loop, std::unique_ptr<net::Duplex> duplex, tunnel::MemoryBudget& budget)
        : control([this](tunnel::ControlMessage message) { hear(message); }),
          end(loop, std::move(duplex), {}, budget, {nothing, control}) {}

    void hear(const tunnel::ControlMessage& message) {
        if (outcome) return;
        if (std::holds_alternative<tunnel::Welcome>(message)) outcome.emplace();
        if (const auto* refused = std::get_if<tunnel::Refused>(&message))
            outcome.emplace(trial_error(*refused));
        if (outcome) end.link().close({Errc::closed, "the trial is over"});
    }

    Nothing nothing;
    std::optional<Result<void>> outcome;
    tunnel::AgentControl control;
    tunnel::ServerEnd end;
};

net::Task<Result<void>> run(net::Loop& loop, net::BlockingPool& pool, tunnel::MemoryBudget& budget,
                            const HubConfig& config, std::shared_ptr<const net::TlsContext> context,
                            const tunnel::Hello& hello, net::Deadline deadline) {
    const auto hub = HubAddress::from_https_url(config.url);
    if (!hub) co_return hub.error();
    daemon::ProxyWay proxy{config.proxy, config.proxy_credentials_file};
    auto wire = co_await daemon::dial_out(pool, loop, *hub, std::move(proxy), deadline);
    if (!wire) co_return wire.error();
    auto tls = net::TlsDuplex::client(std::move(context), std::move(*wire), hub->host);
    if (!tls) co_return tls.error();
    auto greeted = co_await (*tls)->handshake(loop, deadline);
    if (!greeted) co_return greeted.error();
    Trial trial(loop, std::move(*tls), budget);
    trial.control.greet_with(hello);
    auto why = co_await trial.end.run();
    if (trial.outcome) co_return *trial.outcome;
    co_return why;
}

}  // namespace

const boost::system::error_category& trial_category() {
    static const TrialCategory instance;
    return instance;
}

Error trial_error(const tunnel::Refused& refused) {
    // The other codes speak of this process, of another one, or of what may stand at a location:
    // another certificate would change nothing.
    const bool is_about_certificate = refused.code == "not_granted" || refused.code == "outdated";
    return {is_about_certificate ? TrialFault::certificate : TrialFault::agent,
            "the hub refused the new certificate (" + refused.code + "): " + refused.text};
}

bool condemns(const Error& error) {
    // Distrust on either side: what an identity shows and what it trusts came together.
    return error.code == TrialFault::certificate || error.code == Errc::untrusted;
}

net::Task<Result<void>> try_link(net::Loop& loop, net::BlockingPool& pool,
                                 tunnel::MemoryBudget& budget, HubConfig hub,
                                 std::shared_ptr<const net::TlsContext> context,
                                 tunnel::Hello hello) {
    hello.trial = true;
    const auto deadline = net::deadline_in(trial_time);
    auto all = run(loop, pool, budget, hub, std::move(context), hello, deadline);
    auto done = co_await net::within(deadline, std::move(all));
    if (!done && done.error().code == Errc::timed_out)
        co_return Error{Errc::timed_out, "the hub did not welcome the trial link in time"};
    co_return done;
}

}  // namespace sallyport::agent
