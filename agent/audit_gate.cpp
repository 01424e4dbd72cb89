#include "agent/audit_gate.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sallyport::agent {

AuditGate::AuditGate(net::Loop& loop, audit::Log& log)
    : loop_(loop), log_(log), self_(std::make_shared<AuditGate*>(this)) {}

AuditGate::~AuditGate() {
    *self_ = nullptr;
    turn_.clear();
    syncing_.clear();
}

void AuditGate::begin(Commit& commit, audit::Entry& entry) {
    commit.failures_ = log_.failures();
    request(commit, entry.begin());
}

void AuditGate::close(Commit& commit, audit::Entry& entry, const audit::Entry::Outcome& outcome) {
    commit.failures_ = log_.failures();
    request(commit, entry.close(outcome));
}

void AuditGate::make_safe(Commit& commit, audit::Sequence sequence, std::uint64_t failures) {
    commit.failures_ = failures;
    request(commit, sequence);
}

void AuditGate::request(Commit& commit, audit::Sequence sequence) {
    commit.sequence_ = sequence;
    if (sequence == audit::not_recorded) {  // left out by policy, or the log has failed
        commit.state_ = log_.healthy() ? Commit::State::safe : Commit::State::failed;
        return;
    }
    commit.state_ = Commit::State::pending;
    turn_.push_back(commit);
    newest_ = std::max(newest_, sequence);
    loop_.turn.at_commit(*this);
}

void AuditGate::end_of_turn() {
    // A log that failed and was repaired gives sequences out again, so each turn counts anew.
    const auto newest = std::exchange(newest_, 0);
    if (log_.durability() == audit::Durability::process) {
        const auto written = log_.write();
        settle(turn_, newest, written.has_value());
        return;
    }
    syncing_.splice(syncing_.end(), turn_);
    log_.sync(newest, [self = self_, executor = loop_.executor(), up_to = newest](bool safe) {
        boost::asio::post(executor, [self, up_to, safe] {
            if (*self != nullptr) (*self)->settle((*self)->syncing_, up_to, safe);
        });
    });
}

void AuditGate::settle(Commits& commits, audit::Sequence up_to, bool safe) {
    for (auto next = commits.begin(); next != commits.end();) {
        auto& commit = *next++;
        if (commit.sequence_ > up_to) continue;
        commit.unlink();
        const bool kept = safe && commit.failures_ == log_.failures();
        commit.state_ = kept ? Commit::State::safe : Commit::State::failed;
        commit.event_.set();
    }
}

}  // namespace sallyport::agent
