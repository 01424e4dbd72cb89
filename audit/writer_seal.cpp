// How the log comes by its key and its checkpoints at the start, and changes the key.
#include "audit/rewrite.hpp"
#include "audit/writer.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "tlog/spelling.hpp"

#include <fcntl.h>
#include <future>

namespace sallyport::audit {

void Log::Writer::make_sealer() {
    Sealer::Wiring wiring{.make_durable = [this] { return make_durable(); },
                          .next =
                              [this] {
                                  const std::lock_guard lock(compose_mutex_);
                                  return composer_->next();
                              },
                          .append_heartbeat =
                              [this] {
                                  const std::lock_guard lock(compose_mutex_);
                                  if (accepts_locked())
                                      composer_->append_always(LogHeartbeat{}, clock_->now());
                              },
                          .failure = [this] { return failure(); },
                          .fail = [this](Error error) { fail(std::move(error)); }};
    sealer_.emplace(std::move(wiring), *clock_, settings_.checkpoint_interval,
                    settings_.heartbeat_interval);
}

Result<LogEnd> Log::Writer::make_durable() {
    std::promise<bool> durable;
    auto answer = durable.get_future();
    const bool asked = committer_->request_always(
        not_recorded - 1, [&durable](bool done) { durable.set_value(done); });
    if (!asked || !answer.get())
        return failure().value_or(Error{Errc::closed, "the audit log is closed"});
    const std::lock_guard lock(file_mutex_);
    return sealable_;
}

void Log::Writer::fail(Error failure) {
    const std::lock_guard lock(file_mutex_);
    if (failure_) return;
    if (is_full(failure)) record_full_locked(failure);
    static_cast<void>(stop_locked(std::move(failure), {}));
}

Result<void> Log::Writer::begin_sealing() {
    witnesses_.begin(signer_->verifier().name(), seal_state_.range);
    return sealer_->begin(Sealing(settings_.folder, *disk_, *signer_, seal_state_, &witnesses_));
}

/// With repair_mutex_ and the sealer paused: finds or makes the keys, and compares the log that is
/// there with what was signed. Only what a crash may leave behind is mended; anything else is put
/// aside.
Result<StartCheck> Log::Writer::prepare() {
    const auto& folder = settings_.folder;
    const auto finished = finish_putting_aside(folder);
    if (!finished) return finished.error();
    const auto aside = newest_generation(folder);
    if (!aside) return aside.error();
    if (*finished && *aside) return begin_after(**aside);
    auto keys = LogKeys::read(folder);
    if (!keys && keys.error().code == Errc::malformed)
        return put_aside_and_begin("its list of keys cannot be read: " + keys.error().detail, {},
                                   nullptr);
    if (!keys) return keys.error();
    if (*keys) return prepare_old(std::move(**keys));
    const auto segments = list_segments(folder);
    if (!segments) return segments.error();
    const auto checkpoints = list_checkpoint_files(folder);
    if (!checkpoints) return checkpoints.error();
    // The key of a log that was put aside is not used again.
    if (segments->empty() && checkpoints->empty()) return begin_new(aside->has_value());
    const auto key = key_store_.read();
    if (!checkpoints->empty() || !key || *key)
        return put_aside_and_begin("its list of keys, the file vkeys, is missing", {}, nullptr);
    return seal_unsealed();
}

Result<StartCheck> Log::Writer::prepare_old(LogKeys keys) {
    const auto has_key = load_signer(keys);
    if (!has_key) return has_key.error();
    auto found = check_start(settings_.folder, &keys);
    if (!found) return found.error();
    if (!*has_key && !found->broken)
        found->broken = "the key that signed it, " + key_store_.path().string() + ", is missing";
    if (found->broken) return put_aside_and_begin(*found->broken, *found, &keys);
    if (auto finished = finish_key_change(keys, *found); !finished) return finished.error();
    if (auto mended = mend_checkpoints(*found); !mended) return mended.error();
    if (found->signed_size == 0) {  // log.opened, with what it says of the log before, may be lost
        const auto previous = newest_generation(settings_.folder);
        if (!previous) return previous.error();
        previous_ = *previous;
    }
    const std::lock_guard lock(compose_mutex_);
    keys_ = std::move(keys);
    return std::move(*found);
}

/// Whether the private key of the newest public one is there. What was interrupted after the public
/// key came into the list is finished.
Result<bool> Log::Writer::load_signer(const LogKeys& keys) {
    const auto fits = [&](const std::optional<certs::Key>& key) {
        return key && key->public_key() == keys.newest().key();
    };
    auto key = key_store_.read();
    if (!key && key.error().code != Errc::malformed) return key.error();
    if (!key || !fits(*key)) {
        key = key_store_.read_new();
        if (!key && key.error().code != Errc::malformed) return key.error();
        if (!key || !fits(*key)) return false;
        if (auto used = key_store_.use_new(); !used) return used.error();
    }
    auto signer = tlog::Signer::create(keys.origin(), std::move(**key));
    if (!signer) return signer.error();
    signer_ = std::move(*signer);
    return true;
}

/// A change of the key counts from the checkpoint on that both keys signed.
Result<void> Log::Writer::finish_key_change(LogKeys& keys, const StartCheck& found) {
    auto key = key_store_.read_new();
    if (!key && key.error().code != Errc::malformed) return key.error();
    if (key && !*key) return {};
    if (key) {
        auto signer = tlog::Signer::create(keys.origin(), std::move(**key));
        if (!signer) return signer.error();
        const auto note = tlog::Note::parse(found.newest_note);
        const bool changed =
            note && signer->verifier() != keys.newest() &&
            note->verify(std::vector<tlog::VerifierKey>{signer->verifier()}).has_value();
        if (changed) {
            keys.add(found.signed_size, signer->verifier());
            if (auto written = keys.write(settings_.folder); !written) return written;
            signer_ = std::move(*signer);
            return key_store_.use_new();
        }
    }
    return key_store_.drop_new();
}

/// Needs no room. The kernel may show a checkpoint that never came to the disk: the last one, since
/// each is durable before the next is made.
Result<void> Log::Writer::mend_checkpoints(const StartCheck& found) const {
    for (const auto& file : found.checkpoints) {
        if (file.torn) {
            log::warn("audit.torn_checkpoint", {{"file", file.path.filename().string()}});
            const FileDescriptor open(::open(file.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
            if (!open) return os_error("open " + file.path.string());
            if (auto cut = disk_->truncate(open.get(), file.whole_bytes); !cut) return cut;
        }
        if (auto done = rewrite_file(file.path, file.last_note, *disk_); !done) return done;
    }
    return {};
}

/// A log without a record. The private key is the last thing to get its name: whatever a crash
/// leaves, the list of keys and the key fit, or the next start makes them anew.
Result<StartCheck> Log::Writer::begin_new(bool fresh_key) {
    auto key = key_store_.read();
    if (!key && key.error().code != Errc::malformed) return key.error();
    const bool usable = key && *key && !fresh_key;
    const auto previous = newest_generation(settings_.folder);
    if (!previous) return previous.error();
    previous_ = *previous;
    if (usable) {
        if (auto known = sign_with(make_origin(), 0, **key); !known) return known.error();
        return StartCheck();
    }
    auto made = key_store_.make_new(settings_.key_kind);
    if (!made) return made.error();
    if (auto known = sign_with(make_origin(), 0, std::move(*made)); !known) return known.error();
    if (auto used = key_store_.use_new(); !used) return used.error();
    return StartCheck();
}

/// A log of the time before there were checkpoints: sealed from what is there now on.
Result<StartCheck> Log::Writer::seal_unsealed() {
    auto found = check_start(settings_.folder, nullptr);
    if (!found) return found.error();
    if (found->broken) return put_aside_and_begin(*found->broken, *found, nullptr);
    auto made = key_store_.make_new(settings_.key_kind);
    if (!made) return made.error();
    const auto since = found->state.size();
    if (auto known = sign_with(make_origin(), since, std::move(*made)); !known)
        return known.error();
    if (auto used = key_store_.use_new(); !used) return used.error();
    return std::move(*found);
}

Result<void> Log::Writer::sign_with(const std::string& origin, std::uint64_t since,
                                    certs::Key key) {
    auto signer = tlog::Signer::create(origin, std::move(key));
    if (!signer) return signer.error();
    LogKeys keys(signer->verifier(), since);
    if (auto written = keys.write(settings_.folder); !written) return written;
    signer_ = std::move(*signer);
    const std::lock_guard lock(compose_mutex_);
    keys_ = std::move(keys);
    return {};
}

Result<StartCheck> Log::Writer::put_aside_and_begin(std::string why, const StartCheck& found,
                                                    const LogKeys* keys) {
    auto aside = put_aside(settings_.folder, {.origin = keys ? keys->origin() : std::string(),
                                              .size = found.signed_size,
                                              .root = tlog::to_text(found.signed_root),
                                              .vkey = keys ? found.signed_by(*keys) : std::string(),
                                              .broken = std::move(why)});
    if (!aside) return aside.error();
    return begin_after(*aside);
}

/// The log that was there is `aside` now, whether or not this process began to move it.
Result<StartCheck> Log::Writer::begin_after(const Generation& aside) {
    log::error("audit.broken",
               {{"why", aside.broken},
                {"log", (settings_.folder / aside.name).string()},
                {"signed", aside.size},
                {"do",
                 "find out who changed it: keep that folder, and run on it: sallyport audit "
                 "verify --folder"}});
    {
        const std::lock_guard lock(compose_mutex_);
        broken_ = aside.name + ": " + aside.broken;
    }
    begun_ = false;
    durable_ = 0;
    sealer_->forget();
    return begin_new(true);
}

Identity Log::Writer::identity() const {
    const std::lock_guard lock(compose_mutex_);
    if (!keys_) return {};
    return {keys_->origin(), keys_->newest().to_text()};
}

std::string Log::Writer::broken() const {
    const std::lock_guard lock(compose_mutex_);
    return broken_;
}

Result<KeyChange> Log::Writer::change_key(std::string_view who) {
    const std::unique_lock repairing(repair_mutex_, std::try_to_lock);
    if (!repairing) return is_busy();
    if (closed_) return Error{Errc::closed, "the audit log is closed"};
    return change_key_locked(who);
}

/// The order makes a crash at any moment either undo the change or finish it: the new key beside
/// the old one, the record, the checkpoint of both (from here on it counts), the list, the new key
/// in the place of the old one.
Result<KeyChange> Log::Writer::change_key_locked(std::string_view who) {
    if (auto failed = failure()) return *failed;
    auto key = key_store_.make_new(settings_.key_kind);
    if (!key) return key.error();
    auto successor = tlog::Signer::create(keys_->origin(), std::move(*key));
    if (!successor) return successor.error();
    const KeyChange change{.before = keys_->newest().to_text(),
                           .after = successor->verifier().to_text()};
    const auto paused = sealer_->pause();
    {
        const std::lock_guard lock(compose_mutex_);
        if (!accepts_locked()) return Error{Errc::unavailable, "the audit log has failed"};
        composer_->append_always(
            LogKeyChanged{.before = change.before, .after = change.after, .who = who},
            clock_->now());
    }
    auto done = put_key_in_force(*successor);
    if (!done) {
        // A repair, or the next start, undoes or finishes it.
        fail(done.error());
        return done.error();
    }
    log::info("audit.key_changed", {{"before", change.before}, {"after", change.after}});
    return KeyChange{.before = change.before, .after = change.after, .size = *done};
}

Result<std::uint64_t> Log::Writer::put_key_in_force(const tlog::Signer& successor) {
    const auto size = sealer_->change_key(successor);
    if (!size) return size.error();
    auto keys = *keys_;
    keys.add(*size, successor.verifier());
    if (auto written = keys.write(settings_.folder); !written) return written.error();
    if (auto used = key_store_.use_new(); !used) return used.error();
    const std::lock_guard lock(compose_mutex_);
    signer_ = successor;
    keys_ = std::move(keys);
    return *size;
}

}  // namespace sallyport::audit
