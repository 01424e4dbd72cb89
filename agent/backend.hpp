#pragma once

#include "agent/login.hpp"
#include "agent/mapping_state.hpp"
#include "http/service.hpp"
#include "mappings/moment.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace sallyport::agent {

class ExchangeAudit;

/// Connections to a back end, of one worker.
struct PoolStatus {
    std::size_t busy = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;  // exchanges, for a connection
};

/// The internal system of one mapping.
class Backend : public http::Service {
public:
    /// As somebody; null: nobody. Nobody else's connection is used.
    virtual net::Task<Result<void>> serve_as(const http::RequestHead& head, http::Body& up,
                                             http::Answer& down, LoginPtr login) = 0;
    /// As serve_as(), for back ends that put on record what happens inside of the exchange.
    virtual net::Task<Result<void>> serve_recorded(const http::RequestHead& head, http::Body& up,
                                                   http::Answer& down, LoginPtr login,
                                                   ExchangeAudit& audit) {
        (void)audit;
        return serve_as(head, up, down, std::move(login));
    }
    /// What all workers know of its mapping.
    void use(MappingStatePtr state) { state_ = std::move(state); }
    /// Whether its mapping takes one more exchange now, which counts then.
    std::optional<MappingState::Refusal> take(MappingState::Time now) {
        return state_ == nullptr ? std::nullopt : state_->take(now);
    }
    /// Which of the mapping's hosts the next exchange goes to, as far as one can say.
    std::size_t next_host(MappingState::Time now) const {
        return state_ == nullptr ? 0 : state_->choose({}, now).value_or(0);
    }
    virtual PoolStatus pool() const { return {}; }
    /// Its mapping is gone, closed or has changed: nothing new comes. Streams and WebSockets end;
    /// requests go on.
    virtual void retire() {}
    /// When its mapping expires; nothing: never. Its streams and WebSockets end then.
    virtual void expire_at(std::optional<mappings::Moment> moment) { (void)moment; }
    net::Task<Result<void>> serve(const http::RequestHead& head, http::Body& up,
                                  http::Answer& down) override {
        return serve_as(head, up, down, nullptr);
    }

private:
    MappingStatePtr state_;
};

}  // namespace sallyport::agent
