#pragma once

#include "base/result.hpp"
#include "hub/store_records.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// Something about an audit log that an administrator must look at; stands until they have.
struct LogAlarm {
    std::string log;   // its origin; empty for what is about none of the agent's own
    std::string code;  // docs/AUDIT.md#witness-alarms
    std::string text;
    TimePoint raised_at;      // the last time
    std::uint64_t count = 0;  // how often since it stands, as far as it was written
    bool operator==(const LogAlarm&) const = default;
};

/// An audit log of an agent, as the hub has countersigned it last.
struct KnownLog {
    std::string origin;
    std::vector<std::string> keys;  // vkeys; any of them signs for it
    std::uint64_t size = 0;
    std::string note;  // the checkpoint with the signatures of the log, and the hub's
    TimePoint begun_at;
    TimePoint at;
    bool operator==(const KnownLog&) const = default;
};

/// What is known of one agent. A log is one agent's: its origin is nobody else's.
struct AgentLogs {
    AgentKey agent;
    std::vector<KnownLog> logs = {};    // the newest last
    std::vector<LogAlarm> alarms = {};  // one of a kind about a log
    bool operator==(const AgentLogs&) const = default;

    bool is_quiet(std::string_view log) const {
        return std::ranges::find(alarms, log, &LogAlarm::log) == alarms.end();
    }
};

/// What the hub has countersigned. A database of its own: it is written all the time, and what
/// tenants and agents are does not change by it. Every call blocks and may be made from any thread.
class WitnessStore {
public:
    /// Makes the file if it is missing, mode 0600, its owner that of the folder. Errors:
    /// Errc::unsupported if a newer version of this program made it.
    static Result<WitnessStore> open(const std::filesystem::path& file);

    WitnessStore(WitnessStore&&) noexcept;
    WitnessStore& operator=(WitnessStore&&) noexcept;
    ~WitnessStore();

    /// Lets `decide` look at what is known of the agent, and of the other one that the log
    /// `origin` belongs to (nullptr: no other), and change it, in one transaction, so that whoever
    /// decides knows all that was countersigned. It is durable when this returns.
    using Decide = std::function<void(AgentLogs& own, AgentLogs* owner)>;
    Result<void> change(const AgentKey& agent, std::string_view origin, const Decide& decide);
    Result<AgentLogs> logs(const AgentKey& agent);
    Result<std::vector<AgentLogs>> all();

private:
    class Implementation;
    explicit WitnessStore(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace sallyport::hub
