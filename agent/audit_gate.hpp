#pragma once

#include "audit/entry.hpp"
#include "audit/log.hpp"
#include "net/event.hpp"
#include "net/loop.hpp"

#include <boost/intrusive/list.hpp>

#include <memory>

namespace sallyport::agent {

/// Lets exchanges of one loop wait until their audit records are safe. All records appended in a
/// turn are written together at its commit phase, before any connection is flushed: one system call
/// a turn
/// (`process`), or one fdatasync shared with whoever else waits (`power`).
class AuditGate final : private net::EndOfTurn {
public:
    /// One wait. Lives in the coroutine that waits; being destroyed withdraws it.
    class Commit : public net::TurnHook {
    public:
        explicit Commit(net::Event& event) : event_(event) {}
        Commit(const Commit&) = delete;
        Commit& operator=(const Commit&) = delete;
        bool pending() const { return state_ == State::pending; }
        /// After the wait: whether the records are safe.
        bool safe() const { return state_ == State::safe; }

    private:
        friend class AuditGate;
        enum class State { pending, safe, failed };
        net::Event& event_;
        audit::Sequence sequence_ = 0;
        std::uint64_t failures_ = 0;  // of the log, before the record was appended
        State state_ = State::pending;
    };

    AuditGate(net::Loop& loop, audit::Log& log);
    ~AuditGate();

    audit::Log& log() { return log_; }

    /// Appends the begin, or the end, of the entry and asks that it be made safe; sets the commit's
    /// event when it is, or when it never will be.
    void begin(Commit& commit, audit::Entry& entry);
    void close(Commit& commit, audit::Entry& entry, const audit::Entry::Outcome& outcome);
    /// As these, for a record that was appended to the log. `failures` is what the log said of
    /// itself before that.
    void make_safe(Commit& commit, audit::Sequence sequence, std::uint64_t failures);

private:
    void request(Commit& commit, audit::Sequence sequence);
    using Commits = boost::intrusive::list<Commit, boost::intrusive::constant_time_size<false>>;
    void end_of_turn() override;
    void settle(Commits& commits, audit::Sequence up_to, bool safe);

    net::Loop& loop_;
    audit::Log& log_;
    Commits turn_;                // asked for in this turn
    Commits syncing_;             // power: handed to the log's thread
    audit::Sequence newest_ = 0;  // of this turn
    std::shared_ptr<AuditGate*>
        self_;  // null inside once we are gone: the log's thread may answer late
};

}  // namespace sallyport::agent
