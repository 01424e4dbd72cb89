#include "forward/forwarder.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "net/blocking_pool.hpp"
#include "net/within.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace sallyport::forward {

Forwarder::Forwarder(Wiring given, Settings wanted)
    : Forwarding(std::move(given), std::move(wanted)),
      begin_(settings().begin),
      target_(make_target({wiring().loop, wiring().pool, event()}, settings(), wiring().program)) {}

void Forwarder::give_up() {
    target_->close();
    reader_.reset();
    unsettled_.clear();
}

net::Task<void> Forwarder::finish() {
    auto ending = target_->finish();
    if (co_await std::move(ending) && !unsettled_.empty()) {
        safe_ = unsettled_.back().cursor;
        unsettled_.clear();
    }
    settle();
    auto syncing = target_->sync();
    if (co_await std::move(syncing)) synced_ = safe_;
    target_->close();
}

/// Finds the place to go on at, also before anything can be sent: a new forwarder begins at what is
/// the end of the log now, not when its target is there.
net::Task<Result<void>> Forwarder::prepare() {
    if (auto listening = watch().listen(); !listening) co_return listening;
    if (!began_) {
        auto loaded = load_cursor(cursor_file());
        if (!loaded && loaded.error().code != Errc::malformed) co_return loaded.error();
        if (!loaded) {
            log::warn("forward.cursor_lost", {{"name", settings().name},
                                              {"error", to_text(loaded.error())},
                                              {"now", "begins at the start of the log"}});
            begin_ = Begin::start;
        } else {
            safe_ = synced_ = kept_ = *loaded;
            if (kept_) status().kept = kept_->sequence;
        }
        began_ = true;
    }
    reader_ = std::make_shared<BatchReader>(wiring().log_folder, safe_, begin_, seen_, settings());
    BatchReader::Place place;
    while (!place.reached) {
        auto seeking = seek();
        auto there = co_await std::move(seeking);
        if (!there) co_return there.error();
        place = *there;
    }
    begin_ = Begin::start;  // from now on whatever comes is ours
    position_ = place.position;
    status().sequence = position_ ? std::optional(position_->sequence) : std::nullopt;
    if (!place.log_changed) safe_ = position_;
    if (place.log_changed && !std::exchange(told_change_, true))
        log::warn("forward.log_changed",
                  {{"name", settings().name}, {"now", "sends the segment from its start"}});
    auto keeping = keep();
    co_return co_await std::move(keeping);
}

/// Ends with an error, or without one when stop() was called.
net::Task<Result<void>> Forwarder::deliver() {
    auto preparing = prepare();
    if (auto prepared = co_await std::move(preparing); !prepared) co_return prepared;
    auto connecting = target_->connect();
    if (auto connected = co_await std::move(connecting); !connected) co_return connected;
    say_connected();
    while (true) {
        const bool last = stopping();  // then what is there now is still delivered
        if (auto gone = target_->fault()) co_return *gone;
        if (auto listening = watch().listen(); !listening) co_return listening;
        auto delivering = deliver_batch();
        if (auto delivered = co_await std::move(delivering); !delivered) co_return delivered;
        auto keeping = keep();
        if (auto kept = co_await std::move(keeping); !kept) co_return kept;
        if (last && at_end_) break;
        auto waiting = wait_for_more();
        co_await std::move(waiting);
    }
    co_return Result<void>();
}

net::Task<Result<BatchReader::Place>> Forwarder::seek() {
    std::function<Result<BatchReader::Place>()> job = [reader = reader_] { return reader->seek(); };
    auto seeking =
        net::run_on_pool<BatchReader::Place>(wiring().pool, wiring().loop, std::move(job));
    co_return co_await std::move(seeking);
}

net::Task<Result<BatchReader::Batch>> Forwarder::read() {
    std::function<Result<BatchReader::Batch>()> job = [reader = reader_] { return reader->read(); };
    auto reading =
        net::run_on_pool<BatchReader::Batch>(wiring().pool, wiring().loop, std::move(job));
    co_return co_await std::move(reading);
}

net::Task<Result<void>> Forwarder::deliver_batch() {
    auto reading = read();
    const auto batch = co_await std::move(reading);
    if (!batch) co_return batch.error();
    at_end_ = batch->at_end;
    note_skipped(batch->skipped);
    if (batch->position) seen_ = batch->position->sequence + 1;
    for (const auto& item : batch->items) target_->add(item.record, item.line);
    if (!batch->items.empty()) {
        auto flushing = target_->flush();
        if (auto flushed = co_await std::move(flushing); !flushed) co_return flushed;
        status().delivered += batch->items.size();
    }
    if (batch->position && batch->position != position_) note_sent(*batch->position);
    position_ = batch->position;
    if (at_end_) status().caught_up = net::Loop::now();
    co_return Result<void>();
}

void Forwarder::note_skipped(std::uint64_t records) {
    status().skipped += records;
    if (records > 0)
        log::warn("forward.skipped", {{"name", settings().name},
                                      {"records", records},
                                      {"why", "deleted or damaged before they were sent"}});
}

/// Marks are kept a keep_interval apart: their number is bounded by the time things take to settle.
void Forwarder::note_sent(const Cursor& cursor) {
    const auto now = net::Loop::now();
    status().sequence = cursor.sequence;
    const auto settled = now + target_->settle_time();
    if (!unsettled_.empty() && now - unsettled_.back().begun < keep_interval) {
        unsettled_.back().settled = settled;
        unsettled_.back().cursor = cursor;
        return;
    }
    unsettled_.push_back({now, settled, cursor});
}

void Forwarder::settle() {
    while (!unsettled_.empty() && unsettled_.front().settled <= net::Loop::now()) {
        safe_ = unsettled_.front().cursor;
        unsettled_.pop_front();
    }
}

/// Writes the cursor, if it has moved and it is time.
net::Task<Result<void>> Forwarder::keep() {
    settle();
    if (!safe_ || safe_ == kept_ || net::Loop::now() < keep_at_) co_return Result<void>();
    const auto cursor = *safe_;
    auto syncing = target_->sync();
    if (auto synced = co_await std::move(syncing); !synced) co_return synced;
    synced_ = cursor;
    auto saving = save(cursor);
    co_await std::move(saving);
    co_return Result<void>();
}

/// A cursor that cannot be written keeps nothing from being sent: it would be sent again.
net::Task<void> Forwarder::save(Cursor cursor) {
    std::function<Result<void>()> job = [cursor, file = cursor_file()] {
        return save_cursor(file, cursor);
    };
    auto saving = net::run_on_pool<void>(wiring().pool, wiring().loop, std::move(job));
    const auto saved = co_await std::move(saving);
    keep_at_ = net::Loop::now() + (saved ? keep_interval : keep_interval_failed);
    if (saved) {
        kept_ = cursor;
        status().kept = cursor.sequence;
        if (std::exchange(told_not_kept_, false)) status().why.clear();
        co_return;
    }
    ++status().errors;
    status().why = "the cursor is not kept: " + to_text(saved.error()).substr(0, error_bytes_max);
    if (!std::exchange(told_not_kept_, true))
        log::warn("forward.cursor_not_kept", {{"name", settings().name}, {"error", status().why}});
}

/// Lets others have the loop; at the end of the log, until there is something to do.
net::Task<void> Forwarder::wait_for_more() {
    if (!at_end_) {
        co_await boost::asio::post(wiring().loop.executor(), net::use_task);
        co_return;
    }
    auto until = net::deadline_in(std::chrono::hours(1));
    if (safe_ && safe_ != kept_) until = keep_at_;
    if (!unsettled_.empty()) until = std::min(until, unsettled_.front().settled);
    auto resting = rest(until);
    const bool woken = co_await std::move(resting);
    if (woken && !stopping() && !target_->fault()) co_await net::sleep_for(gather);
}

void Forwarder::keep_cursor() {
    if (!synced_ || synced_ == kept_) return;
    if (const auto saved = save_cursor(cursor_file(), *synced_); !saved)
        log::warn("forward.cursor_not_kept",
                  {{"name", settings().name}, {"error", to_text(saved.error())}});
}

}  // namespace sallyport::forward
