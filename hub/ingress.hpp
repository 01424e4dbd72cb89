#pragma once

#include "http/refusal.hpp"
#include "http/service.hpp"
#include "hub/access_token.hpp"
#include "hub/accounts.hpp"
#include "hub/client_limits.hpp"
#include "hub/exchange_id.hpp"
#include "hub/local_links.hpp"
#include "hub/registry.hpp"
#include "net/idle_sweep.hpp"

#include <memory>
#include <string_view>

namespace sallyport::hub {

/// START HERE: one request's way through the hub. The token says who asks and for which tenant, the
/// location which of its agents, and a link of that agent carries the request. Nothing is
/// remembered from one request of a connection to the next. One per worker.
class Ingress final : public http::Service {
public:
    struct Limits {
        std::size_t held_max = 256;                      // requests waiting for a restarting agent
        std::chrono::milliseconds held_time_max{5'000};  // each of them
        ClientLimits::Settings client{};
    };
    struct Counters {
        std::uint64_t answered = 0;
        std::uint64_t refused = 0;
        std::uint64_t failed = 0;
        std::uint64_t aborted = 0;
    };

    Ingress(std::size_t worker, net::IdleSweep& sweep, Registry& registry, LocalLinks& links,
            TokenVerifier verifier, const Limits& limits, std::shared_ptr<const Accounts> accounts);

    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override;

    /// From the next request on.
    void use(std::shared_ptr<const Accounts> accounts) { accounts_ = std::move(accounts); }
    const Counters& counters() const { return counters_; }

private:
    struct Wanted;
    struct Place;
    net::Task<Place> find_link(const Wanted& wanted, http::Answer& down);
    net::Task<Result<void>> forward(const http::RequestHead& head, const Wanted& wanted,
                                    http::Body& up, http::Answer& down);
    void refuse(http::Answer& down, const http::Refusal& refusal, const ExchangeId& id);

    std::size_t worker_;
    net::IdleSweep& sweep_;
    Registry& registry_;
    LocalLinks& links_;
    TokenVerifier verifier_;
    ClientLimits client_limits_;
    Limits limits_;
    std::shared_ptr<const Accounts> accounts_;
    RandomBlock random_;
    Counters counters_;
};

}  // namespace sallyport::hub
