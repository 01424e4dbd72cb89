#pragma once

#include "daemon/key_set_fetch.hpp"
#include "daemon/key_source.hpp"
#include "net/event.hpp"
#include "net/idle_sweep.hpp"
#include "net/loop.hpp"
#include "net/task_group.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// Keeps the key sets of issuers fresh: fetches each at once, then every `interval`; after a
/// failure and when asked to, earlier, but never twice within `pause`. While fetches fail the last
/// keys stay, for `stale_max`. One owner; everybody else gets snapshots. All calls on the loop's
/// thread.
class KeySets {
public:
    struct Settings {
        std::chrono::milliseconds interval{std::chrono::minutes(15)};
        std::chrono::milliseconds pause{std::chrono::minutes(1)};
        std::chrono::milliseconds stale_max{std::chrono::hours(24)};
        std::chrono::milliseconds patience{std::chrono::seconds(10)};  // of one fetch
    };
    using Fetch = std::function<net::Task<Result<FetchedKeys>>(const KeySource&, net::Deadline)>;
    using Publish = std::function<void(KeySnapshotPtr)>;

    /// `publish` is called with each change, never inside a call of ours but use() and stop().
    KeySets(net::Loop& loop, net::IdleSweep& sweep, Settings settings, Fetch fetch,
            Publish publish);
    ~KeySets();  // precondition: stop() has returned, or the loop will not run again

    /// These from now on. What is known of a source that stays is kept.
    void use(std::vector<KeySource> sources);
    /// Somebody met a key that is not in the set.
    void refresh(std::string_view source);
    const KeySnapshotPtr& snapshot() const { return snapshot_; }
    /// Who waits for a fetch is told that it has ended.
    net::Task<void> stop();

private:
    struct Kept;
    using KeptPtr = std::shared_ptr<Kept>;
    net::Task<void> keep(KeptPtr kept);
    net::Task<void> fetch(Kept& kept);
    net::Task<void> wait(Kept& kept);
    void publish();

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    Settings settings_;
    Fetch fetch_;
    Publish publish_;
    std::map<std::string, KeptPtr, std::less<>> sources_;
    KeySnapshotPtr snapshot_ = std::make_shared<const KeySnapshot>();
    net::TaskGroup tasks_;
};

}  // namespace sallyport::daemon
