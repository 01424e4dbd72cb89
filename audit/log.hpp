#pragma once

#include "audit/clock.hpp"
#include "audit/disk.hpp"
#include "audit/events.hpp"
#include "audit/hub_events.hpp"
#include "audit/takers.hpp"
#include "base/result.hpp"
#include "certs/key.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

struct Erasure;       // audit/erasure.hpp
struct ErasureOrder;  // likewise

/// Place of a record in the log, counted from 0, without gaps.
using Sequence = std::uint64_t;

/// append() gives it for a record that was not taken: the level leaves it out, or the log failed.
inline constexpr Sequence not_recorded = std::numeric_limits<Sequence>::max();

inline constexpr std::uint64_t segment_bytes_default = 64 * 1024 * 1024;

/// How long records are kept. 0 = for ever, whatever their number.
struct Retention {
    std::uint32_t days = 365;
    std::uint64_t bytes = 0;
    std::uint32_t disclosure_days = 0;  // of personal values; 0 = as long as their records
    std::uint32_t hold_days = 30;       // so much longer for takers that have not got them yet
    friend bool operator==(const Retention&, const Retention&) = default;
};

struct Settings {
    std::filesystem::path folder;  // made with 0750 if missing
    Durability durability = Durability::process;
    OnFailure on_failure = OnFailure::block;
    Level level = Level::all;
    std::string configuration{};  // SHA-256 of the effective configuration, hexadecimal
    std::string program = "sallyport";
    Retention retention{};
    std::string off_reason{};  // why the level is `off`
    std::uint64_t segment_bytes_max = segment_bytes_default;
    std::filesystem::path key{};  // that seals the log; empty = audit.key beside the folder
    certs::KeyKind key_kind = certs::KeyKind::ed25519;  // or p256
    /// How often new records are sealed. Zero: only at the start, at the end, and when asked.
    std::chrono::milliseconds checkpoint_interval{1000};
    /// How long the log is silent before it says so. Zero: for ever.
    std::chrono::milliseconds heartbeat_interval{60'000};
    AskTakers takers{};  // empty: nobody holds anything
};

/// What a reload may change.
struct Policy {
    Durability durability = Durability::process;
    OnFailure on_failure = OnFailure::block;
    Level level = Level::all;
    std::string configuration{};
    Retention retention{};
    std::string off_reason{};
    std::uint64_t segment_bytes_max = segment_bytes_default;
};

/// Who changed the configuration, and what of it.
struct ConfigurationChange {
    std::string who;           // "uid:0", "signal"
    std::string categories{};  // in the words of docs/AUDIT.md#categories, with commas between
    std::string changes{};     // in words, never a secret
    std::string account{};     // the name of the user `who`, if he is one
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

/// Up to where the log is sealed: a signed checkpoint covers the records below `size`.
struct Sealed {
    std::uint64_t size = 0;
    bool witnessed = false;  // somebody else has signed it, too
};

/// How soon witnesses should see a checkpoint.
enum class Haste : std::uint8_t { usual, at_once };

/// Who seals the log: what a verifier keeps elsewhere.
struct Identity {
    std::string origin{};  // name of the log
    std::string vkey{};    // its present key, as C2SP signed-note writes it
};

/// The newest checkpoint that a witness has not countersigned, and what shows that it goes on from
/// the last one that it has.
struct Unwitnessed {
    std::string note{};
    std::uint64_t size = 0;
    std::uint64_t old_size = 0;
    std::vector<tlog::Hash> proof{};
    std::vector<std::string> keys{};  // of the log then (vkeys), the newest last
};

/// What Log::change_key() did.
struct KeyChange {
    std::string before{};  // vkeys
    std::string after{};
    std::uint64_t size = 0;  // of the checkpoint that both signed
};

/// What `audit retention` asks for.
struct RetentionOrder {
    std::optional<std::uint32_t> keep_days{};  // instead of what the policy says
    bool dry_run = true;                       // only say what would go
};

/// What went, or would.
struct Pruned {
    Sequence first = 0;  // the oldest record that is left
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t disclosures = 0;  // so many segments that are left lost their personal values:
    Sequence disclosed_from = 0;    // those before this record
    std::string reason{};
    std::string policy{};
    std::string who{};
    std::optional<WallTime> youngest{};  // of the records that go; known when they do
    std::vector<std::string> untaken{};  // who has not got all of what goes
    std::uint64_t held = 0;              // segments that would go, if nobody held them
    std::vector<std::string> held_by{};  // the first of those
};

/// The files of the log and the disk under them, as they were when somebody last looked.
struct Storage {
    Sequence first = 0;  // oldest record
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    std::optional<WallTime> oldest{};  // when the oldest record was made
    std::uint64_t total_bytes = 0;     // of the file system
    std::uint64_t free_bytes = 0;
    unsigned watermark_percent = 0;  // the highest of 80, 90 and 95 that is reached
    bool reserves = true;            // whether the file system lets blocks be reserved
    std::uint64_t held = 0;          // segments that are kept for takers only
    std::vector<std::string> held_by{};
};

/// What the log takes from the operating system, replaced in tests.
struct Environment {
    Clock* clock = nullptr;  // nullptr = the system's; else it must outlive the log
    Disk* disk = nullptr;    // likewise
    std::string boot{};      // empty = /proc/sys/kernel/random/boot_id
    bool upkeep = true;      // whether there is a thread that calls look_after()
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
    Sequence append(const BackendState& event);
    Sequence append(const RfcCall& event);
    Sequence append(const RfcCallEnd& event);
    Sequence append(const LinkUp& event);
    Sequence append(const LinkDown& event);
    Sequence append(const CertificateEnrolled& event);
    Sequence append(const LdapOperation& event);
    Sequence append(const LdapUnseen& event);
    Sequence append(const AdminAction& event);
    Sequence append(const AdminLogin& event);
    Sequence append(const ReadyChanged& event);
    Sequence append(const LinkRefused& event);
    Sequence append(const TokenRefused& event);
    Sequence append(const ClientRefused& event);
    Sequence append(const EnrolmentRefused& event);
    Sequence append(const RefusalsLeftOut& event);
    Sequence append(const CertificateIssued& event);
    Sequence append(const AgentAlarm& event);
    Sequence append(const WitnessRefused& event);

    /// Writes what all threads appended, in two system calls (as many more per new segment). After
    /// the first failure the log is stopped: nothing is tried again, a line written in part is cut
    /// off, and every write() gives that error until repair().
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

    /// The disk is so full that the log takes no new exchanges, to be able to tell of everything
    /// else. Ends by itself when there is room.
    bool nearly_full() const;

    /// Whether a new exchange may go on: a healthy log with room, or OnFailure::degrade.
    bool admits() const {
        return (healthy() && !nearly_full()) || on_failure() == OnFailure::degrade;
    }

    /// Why it has failed; nullopt while it is healthy.
    std::optional<Error> failure() const;
    /// Records that were not taken since the log failed.
    std::uint64_t dropped() const;
    /// Exchanges that passed (OnFailure::degrade) since the log failed, their begin not on record.
    std::uint64_t unrecorded() const;
    /// How often the log has failed. Records that were appended, but not written before this
    /// number changed, may be lost, and their sequences may be given out again.
    std::uint64_t failures() const;

    Storage storage() const;
    Retention retention() const;
    /// What the log's thread does from time to time: looks how full the disk is, deletes what is
    /// not to be kept any longer, compresses. Blocks while the disk works.
    void look_after();
    /// Deletes at once what is not to be kept, the oldest segments first; never the open one. The
    /// log says so first, sealed; if it has failed, in the journal, and on record after repair().
    /// Errors: the operating system's; those of seal(); Errc::closed, Errc::unavailable.
    Result<Pruned> retain(const RetentionOrder& order, std::string_view who);

    /// Puts another policy in force and writes `config.changed`, also if only the digest differs;
    /// nothing if it is the one in force.
    Result<void> reconfigure(Policy policy, const ConfigurationChange& change);
    /// The same, where only `who` is known.
    Result<void> reconfigure(Policy policy, std::string_view who);

    /// Puts a failed log to work again, in a new segment, with a record of what was lost; what it
    /// wrote is durable then. On a healthy one it only looks whether there is room again. Blocks
    /// while the disk works; of two at once the second waits. Errors: those of open(); the log
    /// stays as it was.
    Result<Repair> repair();

    /// Blocks until a signed checkpoint covers all records below `up_to`, or those there are now if
    /// that is less. Not on a loop thread. Errors: why the log failed; Errc::closed.
    Result<Sealed> seal(Sequence up_to);
    /// `told` is called after each new checkpoint, from the sealer's thread; with Haste::at_once,
    /// if somebody waited in seal() or a segment ended, also where nothing new was to be sealed.
    /// It must not call seal(), change_key(), repair() or close().
    void on_sealed(std::function<void(Haste)> told);
    /// The present state, without waiting.
    Sealed sealed() const;
    /// Empty if the log has not begun to work.
    Identity identity() const;
    /// Why this start did not go on with the log it found; empty if it did.
    std::string broken() const;

    /// What to offer to a witness, which the caller has a name for; nothing if it has countersigned
    /// everything. The checkpoint is not the newest one if the key was changed since: a witness
    /// must see that both keys signed. Offer one at a time. Blocks at first, while the files are
    /// read.
    std::optional<Unwitnessed> unwitnessed(std::string_view witness);
    /// The witness has countersigned what was offered; the caller has checked its signature. Kept
    /// beside the checkpoint, and in a file of its own. Blocks. Errors: Errc::conflict if that was
    /// not offered last; those of seal().
    Result<void> cosigned(std::string_view witness, std::uint64_t size,
                          std::string_view signature_lines);
    /// The witness says that it has countersigned this much: the next offer goes on from there.
    /// Blocks while the files are read. Errors: Errc::untrusted if the log has never been as long,
    /// or its files are not what was signed; Errc::not_found if they are gone.
    Result<void> witness_knows(std::string_view witness, std::uint64_t size);
    /// How much of the log this witness has countersigned since the start, as far as we have seen.
    std::uint64_t witnessed_by(std::string_view witness) const;

    /// Seals with a new key from here on: a record, a checkpoint signed with both keys. Blocks
    /// while the disk works. Errors: those of seal(); the log may have failed then.
    Result<KeyChange> change_key(std::string_view who);

    /// Erases what the log discloses of somebody, in all segments, also of logs put aside, and
    /// seals that as `audit.erased`; records stay as they are. What a kill interrupts the next
    /// open() or repair() finishes. Blocks while the disk works. Errors: Errc::malformed; the
    /// operating system's, after which what was erased so far is on record; why the log failed.
    Result<Erasure> erase(const ErasureOrder& order, std::string_view who);

    /// Writes `log.closed`, makes everything durable, seals it, answers who waits in sync(). Later
    /// appends are not recorded.
    void close();

private:
    class Writer;
    explicit Log(std::unique_ptr<Writer> writer);
    std::unique_ptr<Writer> writer_;
};

}  // namespace sallyport::audit
