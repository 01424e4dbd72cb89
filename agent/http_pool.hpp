#pragma once

#include "agent/connector.hpp"
#include "agent/http_wire.hpp"
#include "http/service.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace sallyport::agent {

/// Connections to one back end as one principal: some idle, some in use, and exchanges that wait
/// for one. Last in, first out: few connections are kept warm and the rest age out.
class HttpPool final : private HttpWire::Owner, private net::EndOfTurn {
public:
    struct Limits {
        std::size_t connections = 100;
        std::size_t waiting = 1000;
        std::chrono::milliseconds idle_timeout{30'000};
    };
    enum class Freshness { any, fresh };

    HttpPool(net::Loop& loop, net::IdleSweep& sweep, Connector& connector, Limits limits);
    ~HttpPool();  // precondition: no lease and nobody waits
    HttpPool(const HttpPool&) = delete;
    HttpPool& operator=(const HttpPool&) = delete;

    /// One of the connections that the limit allows. Gives itself back.
    class Place {
    public:
        Place() = default;
        explicit Place(HttpPool& pool) : pool_(&pool) {}
        Place(Place&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(pool_, other.pool_);
            return *this;
        }
        ~Place() {
            if (pool_ != nullptr) pool_->give_back();
        }

    private:
        HttpPool* pool_ = nullptr;
    };

    /// A connection in use, told to the event of the exchange. Destroying it closes it.
    struct Lease {
        Place place;
        std::unique_ptr<HttpWire> wire;
        bool reused = false;
    };

    /// An idle connection, if there is one and nobody waits.
    std::optional<Lease> take_idle(net::Event& event);
    /// A new connection, or (unless `fresh`) the next that becomes free.
    /// Errors: those of the Connector; Errc::limit: the queue is full; Errc::aborted;
    /// Errc::timed_out.
    net::Task<Result<Lease>> take(http::Answer& down, Freshness freshness,
                                  net::Deadline connect_deadline, const bool& expired);
    /// Keeps a connection whose last response has ended.
    void put(Lease lease);
    void close_idle();

    std::size_t idle() const { return idle_.size(); }
    std::size_t open() const { return in_use_ + idle_.size(); }
    std::size_t waiting() const { return waiting_.size(); }

private:
    struct Waiting : boost::intrusive::list_base_hook<
                         boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit Waiting(net::Event& one) : event(one) {}
        net::Event& event;
        Place place;
        bool granted = false;
    };

    void lost(HttpWire& wire) override;
    void end_of_turn() override { lost_.clear(); }
    void give_back();
    bool has_room();

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Connector& connector_;
    Limits limits_;
    std::vector<std::unique_ptr<HttpWire>> idle_;  // the newest last
    std::vector<std::unique_ptr<HttpWire>> lost_;  // destroyed at the end of the turn
    boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>> waiting_;
    std::size_t in_use_ = 0;
};

}  // namespace sallyport::agent
