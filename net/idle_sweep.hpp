#pragma once

#include "net/deadline.hpp"
#include "net/loop.hpp"
#include "net/within.hpp"

#include <boost/intrusive/list.hpp>

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
    ~IdleSweep() { watched_.clear(); }

    /// From now on; adding again only moves the deadline. Destroying a Watched removes it.
    void add(Watched& watched, Deadline deadline);
    void remove(Watched& watched) {
        if (watched.is_linked()) watched.unlink();
    }

private:
    void wait();
    void sweep();

    Timer timer_;
    boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>> watched_;
    bool waiting_ = false;
};

}  // namespace sallyport::net
