#pragma once

#include "http/service.hpp"
#include "net/idle_sweep.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <utility>

namespace sallyport::agent {

/// So many at once, and a queue of bounded length for the others.
class Places {
public:
    struct Limits {
        std::size_t places = 8;
        std::size_t waiting = 1000;
        std::chrono::milliseconds patience{30'000};  // of one who waits
    };

    explicit Places(Limits limits) : limits_(limits) {}
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;

    /// One place. Gives itself back.
    class Place {
    public:
        Place() = default;
        explicit Place(Places& owner) : owner_(&owner) { ++owner.taken_; }
        Place(Place&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(owner_, other.owner_);
            return *this;
        }
        ~Place() {
            if (owner_ != nullptr) owner_->give_back();
        }
        explicit operator bool() const { return owner_ != nullptr; }

    private:
        Places* owner_ = nullptr;
    };

    /// A place if there is one and nobody waits; if not, none.
    Place take_now();
    /// Waits for a place, as long as the caller is there, the limit allows and `expired` is false.
    /// Errors: Errc::limit: the queue is full, or none became free; Errc::aborted.
    net::Task<Result<Place>> take(http::Answer& down, net::IdleSweep& sweep, const bool& expired);

    std::size_t taken() const { return taken_; }
    std::size_t waiting() const { return waiting_.size(); }

private:
    struct Patience final : net::IdleSweep::Watched {
        explicit Patience(net::Event& one) : event(one) {}
        void on_deadline() override {
            is_out = true;
            event.set();
        }
        net::Event& event;
        bool is_out = false;
    };
    struct Waiting : boost::intrusive::list_base_hook<
                         boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
        explicit Waiting(net::Event& one) : event(one) {}
        net::Event& event;
        Place place;
    };
    void give_back();

    const Limits limits_;
    std::size_t taken_ = 0;
    boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>> waiting_;
};

}  // namespace sallyport::agent
