#include "audit/sealer.hpp"

#include "base/error.hpp"
#include "base/thread.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::audit {

Sealer::Sealer(Wiring wiring, Clock& clock, std::chrono::nanoseconds interval,
               std::chrono::nanoseconds heartbeat)
    : wiring_(std::move(wiring)), clock_(&clock), interval_(interval), schedule_(heartbeat) {
    thread_ = start_deaf_thread([this] { run(); });
}

Result<void> Sealer::begin(Sealing sealing) {
    sealing_.emplace(std::move(sealing));
    return seal_now(false);
}

void Sealer::forget() {
    sealing_.reset();
    const std::lock_guard lock(mutex_);
    sealed_ = 0;
}

Result<std::uint64_t> Sealer::change_key(const tlog::Signer& successor) {
    if (!sealing_) return Error{Errc::unavailable, "the audit log is not at work"};
    const auto end = wiring_.make_durable();
    if (!end) return end.error();
    if (auto extended = sealing_->extend(*end, &successor); !extended) {
        sealing_.reset();  // a torn note may stand there, and nothing may come behind it
        return extended.error();
    }
    publish();
    return sealing_->size();
}

Result<void> Sealer::finish(const LogEnd& end) {
    const auto working = pause();
    if (!sealing_) return {};
    auto done = sealing_->extend(end);
    if (done)
        publish();
    else
        sealing_.reset();
    return done;
}

Result<void> Sealer::keep(const std::string& note, std::uint64_t size) {
    const auto working = pause();
    if (!sealing_) return Error{Errc::unavailable, "the audit log is not at work"};
    auto kept = sealing_->keep(note, size);
    if (kept) return kept;
    sealing_.reset();
    wiring_.fail(kept.error());
    return kept;
}

Result<Sealed> Sealer::seal(Sequence up_to) {
    const auto target = std::min(up_to, wiring_.next());
    std::unique_lock lock(mutex_);
    if (up_to != not_recorded || sealed_ < target) hurry_locked();
    // Who asks for everything gets a turn, so that a heartbeat that is due is written.
    for (bool turned = up_to != not_recorded; !turned || sealed_ < target; turned = true) {
        if (stopped_) return Error{Errc::closed, "the audit log is closed"};
        asked_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this, turn = turns_] { return stopped_ || turns_ != turn; });
        if (turn_failure_) return *turn_failure_;
    }
    return Sealed{.size = sealed_};
}

void Sealer::hurry() {
    if (interval_.count() == 0) return;
    const std::lock_guard lock(mutex_);
    hurry_locked();
}

/// Though what it is about may be sealed by now: then a turn more tells of it.
void Sealer::hurry_locked() {
    asked_ = true;
    haste_ = Haste::at_once;
    changed_.notify_all();
}

void Sealer::on_sealed(std::function<void(Haste)> told) {
    const std::lock_guard lock(mutex_);
    told_ = std::move(told);
}

std::uint64_t Sealer::sealed() const {
    const std::lock_guard lock(mutex_);
    return sealed_;
}

void Sealer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Sealer::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        if (interval_.count() == 0)
            changed_.wait(lock, [this] { return told_to_stop_or_asked(); });
        else
            changed_.wait_for(lock, interval_, [this] { return told_to_stop_or_asked(); });
        if (stopped_) return;
        asked_ = false;
        const auto haste = std::exchange(haste_, Haste::usual);
        lock.unlock();
        turn(haste);
        lock.lock();
    }
}

void Sealer::turn(Haste haste) {
    std::optional<Error> failure;
    const auto before = sealed();
    {
        const auto working = pause();
        failure = wiring_.failure();
        if (!failure && sealing_) {
            const bool news = wiring_.next() > sealing_->size();
            const auto what = schedule_.decide(clock_->now().mono, news);
            if (what != SealSchedule::Turn::rest)
                if (auto done = seal_now(what == SealSchedule::Turn::heartbeat); !done)
                    failure = done.error();
        }
    }
    std::function<void(Haste)> told;
    {
        const std::lock_guard lock(mutex_);
        if (sealed_ > before || haste == Haste::at_once) told = told_;
    }
    if (told) told(haste);
    {
        const std::lock_guard lock(mutex_);
        ++turns_;
        turn_failure_ = std::move(failure);
    }
    changed_.notify_all();
}

/// With work_mutex_. A log that did not become durable has failed by itself, or is being closed.
Result<void> Sealer::seal_now(bool silent) {
    if (silent) wiring_.append_heartbeat();
    const auto end = wiring_.make_durable();
    if (!end) return end.error();
    if (auto done = sealing_->extend(*end); !done) {
        sealing_.reset();
        wiring_.fail(done.error());
        return done;
    }
    schedule_.sealed(clock_->now().mono);
    publish();
    return {};
}

void Sealer::publish() {
    const std::lock_guard lock(mutex_);
    sealed_ = sealing_->size();
}

}  // namespace sallyport::audit
