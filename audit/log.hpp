#pragma once

#include "audit/clock.hpp"
#include "audit/disk.hpp"
#include "audit/events.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::audit {

/// What a record survives once write() (process) or sync() (power) said yes.
enum class Durability {
    process,  // the kill of the daemon: the bytes are in the kernel
    power     // the loss of power: the bytes are on the disk
};

/// What callers do for new exchanges while the log is not healthy().
enum class OnFailure { block, degrade };

/// What is written. `security`: no allowed exchanges, only refused ones and everything else.
/// `off`: only what the log says of itself, so that the silence is on record.
enum class Level { all, security, off };

std::string_view to_text(Durability durability);
std::string_view to_text(OnFailure on_failure);
std::string_view to_text(Level level);

/// Place of a record in the log, counted from 0, without gaps.
using Sequence = std::uint64_t;

/// append() gives it for a record that was not taken: the level leaves it out, or the log failed.
inline constexpr Sequence not_recorded = std::numeric_limits<Sequence>::max();

inline constexpr std::uint64_t segment_bytes_default = 64 * 1024 * 1024;

struct Settings {
    std::filesystem::path folder;  // made with 0750 if missing
    Durability durability = Durability::process;
    OnFailure on_failure = OnFailure::block;
    Level level = Level::all;
    std::string configuration{};  // SHA-256 of the effective configuration, hexadecimal
    std::string program = "sallyport";
    std::uint64_t segment_bytes_max = segment_bytes_default;
};

/// What a reload may change.
struct Policy {
    Durability durability = Durability::process;
    OnFailure on_failure = OnFailure::block;
    Level level = Level::all;
    std::string configuration{};
};

/// What Log::repair() found and did.
struct Repair {
    bool repaired = false;         // false: the log had not failed, nothing was changed
    std::string failure{};         // why it had failed
    std::uint64_t dropped = 0;     // records that were not taken since then
    std::uint64_t unrecorded = 0;  // exchanges that passed since then without a begin on record
    std::uint64_t lost = 0;        // exchanges whose begin is on record, closed as `lost`
    std::uint64_t torn_bytes = 0;  // moved out of the log
};

/// What the log takes from the operating system, replaced in tests.
struct Environment {
    Clock* clock = nullptr;  // nullptr = the system's; else it must outlive the log
    Disk* disk = nullptr;    // likewise
    std::string boot{};      // empty = /proc/sys/kernel/random/boot_id
};

/// The audit log of this process: chained records in segment files (docs/AUDIT.md). There is one
/// writer per folder. Every member may be called from any thread.
///
/// A loop turn appends the records of its exchanges, then calls write() once, then lets the bytes
/// they speak of leave. With Durability::power it waits for sync() instead.
class Log {
public:
    /// Takes the folder for itself, moves a torn tail aside, and closes begins without an end as
    /// `lost`. If the disk does not let it (no room, no rights), the log is there, but has failed:
    /// failure() says why, repair() tries again. Errors: Errc::conflict if another process writes
    /// there; Errc::malformed if the settings make no sense.
    static Result<std::unique_ptr<Log>> open(Settings settings, Environment environment = {});
    ~Log();  // close()

    /// Chains the record into the pending buffer. Never waits for a file, never throws, and leaves
    /// failures to write().
    Sequence append(const ExchangeBegin& event);
    Sequence append(const ExchangeEnd& event);
    Sequence append(const LinkUp& event);
    Sequence append(const LinkDown& event);
    Sequence append(const CertificateEnrolled& event);

    /// Writes what all threads appended, in one system call (one more per new segment). After the
    /// first failure the log is stopped: nothing is tried again, a line written in part is cut off,
    /// and every write() gives that error until repair().
    Result<void> write();

    /// Calls `done` from the log's own thread when the records up to `up_to` are on the disk (true)
    /// or the log failed (false). Writes them first if nobody did. `not_recorded`: says at once
    /// whether the log is healthy. What comes while the disk is busy shares the next commit.
    /// `done` must not throw and must not call sync() or close().
    void sync(Sequence up_to, std::function<void(bool)> done);

    bool healthy() const;
    Durability durability() const;
    OnFailure on_failure() const;
    Level level() const;

    /// Whether a new exchange may go on: a healthy log, or OnFailure::degrade.
    bool admits() const { return healthy() || on_failure() == OnFailure::degrade; }

    /// Why it has failed; nullopt while it is healthy.
    std::optional<Error> failure() const;
    /// Records that were not taken since the log failed.
    std::uint64_t dropped() const;
    /// Exchanges that passed (OnFailure::degrade) since the log failed, their begin not on record.
    std::uint64_t unrecorded() const;
    /// How often the log has failed. Records that were appended, but not written before this
    /// number changed, may be lost, and their sequences may be given out again.
    std::uint64_t failures() const;

    /// Puts another policy in force and writes `config.changed`, also if only the digest differs.
    /// `who` asked for it, e.g. "uid:0" or "signal".
    Result<void> reconfigure(Policy policy, std::string_view who);

    /// Puts a failed log to work again, in a new segment, with a record of what was lost; what it
    /// wrote is durable then. Changes nothing on a healthy one. Blocks while the disk works; of two
    /// at once the second waits. Errors: those of open(); the log stays as it was.
    Result<Repair> repair();

    /// Writes `log.closed`, makes everything durable, answers who waits in sync(). Later appends
    /// are not recorded.
    void close();

private:
    class Writer;
    explicit Log(std::unique_ptr<Writer> writer);
    std::unique_ptr<Writer> writer_;
};

}  // namespace sallyport::audit
