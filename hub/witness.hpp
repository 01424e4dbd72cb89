#pragma once

#include "hub/store_witness.hpp"
#include "hub/witness_successor.hpp"
#include "tlog/signer.hpp"
#include "tunnel/control_message.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// Checkpoints of one agent: in a row, and then per second.
inline constexpr double checkpoints_burst = 10;
inline constexpr double checkpoints_per_second = 1;

/// How many checkpoints an agent may have countersigned, over all its links. Pure: time comes in.
class CheckpointLimits {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// False while one of the agent is being looked at, and after too many. If true, end() follows.
    bool begin(const AgentKey& agent, Time now);
    void end(const AgentKey& agent);

private:
    struct Seen {
        bool under_way = false;
        double left = checkpoints_burst;
        Time refilled{};
    };
    std::map<AgentKey, Seen> agents_;  // of those that the hub has given a certificate to
};

/// Finds agents that have links and offer nothing any more: an agent offers a checkpoint when a
/// link comes up, and its log lives every minute. Pure: whoever looks says when.
class SilenceWatch {
public:
    static constexpr std::chrono::minutes between_looks{1};
    static constexpr int looks_max = 10;  // in a row without a new checkpoint

    /// Of an agent that has a link now, and whose newest log was countersigned `at`. True once for
    /// each silence.
    bool is_silent(const AgentKey& agent, TimePoint at);

private:
    struct Seen {
        TimePoint at{};
        int looks = 0;
    };
    std::map<AgentKey, Seen> agents_;  // of those that the hub has given a certificate to
};

/// The hub as a witness of its agents' audit logs. Every member may be called from any thread.
class Witness {
public:
    static Result<std::shared_ptr<Witness>> open(const std::filesystem::path& folder,
                                                 std::string_view hub_name);

    /// Called for each alarm that is news, by whoever called answer(). Before the first.
    void on_alarm(std::function<void(const AgentKey&, const LogAlarm&)> told) {
        told_ = std::move(told);
    }

    /// As auditors and agents know it (vkey).
    const std::string& key() const { return key_; }

    /// Whether there is room for a checkpoint of this agent now; answer() or give_up() follows.
    bool admit(const AgentKey& agent, CheckpointLimits::Time now);
    void give_up(const AgentKey& agent);
    /// Blocks.
    tunnel::ControlMessage answer(const AgentKey& agent, const tunnel::Checkpoint& offer,
                                  TimePoint now);

    /// The agent enrols out of a backup: what the hub knows of its log, in words, and whether the
    /// one that follows is expected from now on. Blocks.
    Succession expect(const AgentKey& agent, const certs::Restored& restored, TimePoint now);

    /// Raises the alarm about those of the `attached` that have become silent; to be called every
    /// SilenceWatch::between_looks, by one. Blocks.
    Result<void> look_for_silence(const std::vector<AgentKey>& attached, TimePoint now);

    /// Checkpoints that were too many.
    std::uint64_t limited() const { return limited_.load(std::memory_order_relaxed); }
    /// Blocks.
    Result<std::vector<AgentLogs>> logs() { return store_.all(); }

private:
    Witness(WitnessStore store, tlog::Cosigner signer);
    void tell(const AgentKey& agent, const LogAlarm& alarm);

    WitnessStore store_;
    tlog::Cosigner signer_;
    std::string key_;
    std::function<void(const AgentKey&, const LogAlarm&)> told_;
    std::mutex mutex_;
    CheckpointLimits limits_;  // under the mutex
    std::atomic<std::uint64_t> limited_ = 0;
    SilenceWatch silence_;
};

}  // namespace sallyport::hub
