#include "daemon/key_sets.hpp"

#include "base/error.hpp"
#include "base/log.hpp"

namespace sallyport::daemon {

/// A source and the coroutine that keeps it. Shared by both: a source that is dropped ends its
/// coroutine, perhaps only when the fetch that runs has ended.
struct KeySets::Kept final : net::IdleSweep::Watched {
    Kept(net::Turn& turn, KeySource s) : source(std::move(s)), event(turn) {}
    void on_deadline() override { event.set(); }

    KeySource source;
    SourceKeys known;
    std::string text;  // the set as it came
    net::Deadline next_fetch{};
    bool dropped = false;
    net::Event event;
};

KeySets::KeySets(net::Loop& loop, net::IdleSweep& sweep, Settings settings, Fetch fetch,
                 Publish publish)
    : loop_(loop),
      sweep_(sweep),
      settings_(settings),
      fetch_(std::move(fetch)),
      publish_(std::move(publish)),
      tasks_(loop) {}

KeySets::~KeySets() = default;

void KeySets::use(std::vector<KeySource> sources) {
    std::map<std::string, KeptPtr, std::less<>> now;
    for (auto& source : sources) {
        const auto id = source.id;
        if (now.contains(id)) continue;
        if (const auto old = sources_.find(id); old != sources_.end()) {
            // Revocation lists may be others, which does not make it another source.
            old->second->source.trust = std::move(source.trust);
            now.insert(sources_.extract(old));
            continue;
        }
        auto kept = std::make_shared<Kept>(loop_.turn, std::move(source));
        tasks_.spawn("key set", keep(kept));
        now.emplace(id, std::move(kept));
    }
    for (auto& [id, kept] : sources_) {
        kept->dropped = true;
        kept->event.set();
    }
    sources_ = std::move(now);
    publish();
}

void KeySets::refresh(std::string_view source) {
    const auto found = sources_.find(source);
    if (found == sources_.end()) return;
    auto& kept = *found->second;
    kept.next_fetch = std::min(kept.next_fetch, kept.known.refreshable_at);
    kept.event.set();
}

net::Task<void> KeySets::stop() {
    for (auto& [id, kept] : sources_) {
        kept->dropped = true;
        ++kept->known.fetches;
        kept->known.refreshable_at = net::Deadline::max();  // nobody waits for another one
        kept->known.error = "the agent stops";
    }
    publish();
    tasks_.cancel();
    co_await tasks_.join();
}

net::Task<void> KeySets::keep(KeptPtr kept) {
    while (!kept->dropped) {
        co_await fetch(*kept);
        if (kept->dropped) co_return;
        publish();
        co_await wait(*kept);
    }
}

net::Task<void> KeySets::fetch(Kept& kept) {
    const auto begun = net::Loop::now();
    kept.known.refreshable_at = begun + settings_.pause;
    auto fetching = fetch_(kept.source, begun + settings_.patience);
    auto fetched = co_await std::move(fetching);
    const auto now = net::Loop::now();
    auto& known = kept.known;
    ++known.fetches;
    if (fetched) {
        known.error.clear();
        known.fetched_at = now;
        kept.next_fetch = now + settings_.interval;
        if (known.keys && fetched->text == kept.text) co_return;
        known.keys = std::move(fetched->keys);
        kept.text = std::move(fetched->text);
        ++known.changes;
        log::info("key_set.fetched",
                  {{"source", kept.source.authority}, {"keys", known.keys->size()}});
        co_return;
    }
    known.error = to_text(fetched.error());
    kept.next_fetch = begun + settings_.pause;
    if (known.keys && now >= known.fetched_at + settings_.stale_max) {
        known.keys.reset();
        ++known.changes;
    }
    log::warn("key_set.failed", {{"source", kept.source.authority},
                                 {"error", known.error},
                                 {"old_keys_in_use", known.keys.has_value()}});
}

net::Task<void> KeySets::wait(Kept& kept) {
    while (!kept.dropped && net::Loop::now() < kept.next_fetch) {
        sweep_.add(kept, kept.next_fetch);
        co_await kept.event.wait();
    }
    sweep_.remove(kept);
}

void KeySets::publish() {
    auto snapshot = std::make_shared<KeySnapshot>();
    for (const auto& [id, kept] : sources_) snapshot->emplace(id, kept->known);
    snapshot_ = std::move(snapshot);
    publish_(snapshot_);
}

}  // namespace sallyport::daemon
