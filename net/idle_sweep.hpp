#pragma once

#include "net/deadline.hpp"
#include "net/loop.hpp"
#include "net/within.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>

namespace sallyport::net {

/// Watches the deadlines of many things on one loop with one timer. A deadline is noticed up to
/// `interval` late. Moving a deadline costs an assignment.
class IdleSweep {
public:
    static constexpr std::chrono::milliseconds interval{100};

    class Watched : public TurnHook {
    public:
        Watched() = default;
        Watched(const Watched&) = delete;
        Watched& operator=(const Watched&) = delete;
        /// Called once, after being taken off the list.
        virtual void on_deadline() = 0;
        void set_deadline(Deadline deadline) { deadline_ = deadline; }

    protected:
        ~Watched() = default;

    private:
        friend class IdleSweep;
        Deadline deadline_ = Deadline::max();
    };

    explicit IdleSweep(Loop& loop) : timer_(loop.executor()) {}
    ~IdleSweep() {
        *self_ = nullptr;
        watched_.clear();
    }
    IdleSweep(const IdleSweep&) = delete;
    IdleSweep& operator=(const IdleSweep&) = delete;

    /// From now on; adding again only moves the deadline. Destroying a Watched removes it.
    void add(Watched& watched, Deadline deadline);
    void remove(Watched& watched) {
        if (watched.is_linked()) watched.unlink();
    }

private:
    void wait();
    void go_on();
    void sweep();

    Timer timer_;
    // Null inside once we are gone: what a timer has decided to call, nothing can call back.
    std::shared_ptr<IdleSweep*> self_ = std::make_shared<IdleSweep*>(this);
    boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>> watched_;
    bool waiting_ = false;
};

}  // namespace sallyport::net
