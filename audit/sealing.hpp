#pragma once

#include "audit/chain.hpp"
#include "audit/disk.hpp"
#include "audit/log.hpp"
#include "base/file.hpp"
#include "base/result.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/signer.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace sallyport::audit {

class Witnesses;

/// Up to where a log stands in its files: the next record, and the digest of the line before it.
struct LogEnd {
    Sequence next = 0;
    tlog::Hash last{};
};

/// Up to where it is sealed, and where in the files that is.
struct SealState {
    tlog::Range range{0};  // of the records [0, size)
    /// Digest of the line before record `size`; not known if that is in a segment not read.
    std::optional<tlog::Hash> last = chain_start;
    Sequence segment = 0;              // first record of the segment that record `size` goes into
    std::uint64_t offset = 0;          // of record `size` in its file
    std::uint64_t signed_size = 0;     // of the newest checkpoint
    bool has_checkpoint_file = false;  // that segment's, with its opening checkpoint

    std::uint64_t size() const { return range.end(); }
};

/// Signs what is durable: reads the new records back from their files, since only what stands there
/// can be vouched for, and writes checkpoints. After an error it must not be used any more.
class Sealing {
public:
    /// `witnesses` hear of each new checkpoint; may be null.
    Sealing(std::filesystem::path folder, Disk& disk, tlog::Signer key, SealState state,
            Witnesses* witnesses = nullptr)
        : folder_(std::move(folder)),
          disk_(&disk),
          key_(std::move(key)),
          state_(std::move(state)),
          witnesses_(witnesses),
          fresh_(state_.size()) {}

    /// Signs the records below `end.next`, which are durable; nothing if they are signed. With
    /// `successor`, signs in any case, and with both keys; it is the key from then on.
    /// Errors: Errc::untrusted if other bytes stand in the files than were written.
    Result<void> extend(const LogEnd& end, const tlog::Signer* successor = nullptr);

    /// Writes the newest checkpoint again, with more signatures beside those that it has. Nothing
    /// if there is a newer one: checkpoints stand in their order, and the next answer of the
    /// witness covers this one.
    Result<void> keep(const std::string& note, std::uint64_t size);

    std::uint64_t size() const { return state_.signed_size; }
    const tlog::Signer& key() const { return key_; }
    /// The newest checkpoint as it stands in its file; empty if none was made since the start.
    const std::string& note() const { return note_; }
    const tlog::Range& range() const { return state_.range; }

private:
    std::filesystem::path path_of(std::string_view name) const { return folder_ / name; }
    /// Up to where the records were read back.
    Sequence read() const { return fresh_.end(); }
    Result<void> read_back(const LogEnd& end);
    Result<bool> read_segment(const LogEnd& end);
    Result<void> take(std::string_view line);
    Result<void> next_segment();
    Result<void> sign(const tlog::Signer* successor);
    Result<std::string> note_of(const tlog::Checkpoint& checkpoint,
                                const tlog::Signer* successor) const;
    Result<void> open_checkpoint_file();
    Result<void> append(std::string_view note);

    std::filesystem::path folder_;
    Disk* disk_;
    tlog::Signer key_;
    SealState state_;
    Witnesses* witnesses_;
    tlog::Range
        fresh_;  // records that no checkpoint covers; they join state_.range at the next one
    FileDescriptor checkpoints_;
    std::string note_;
};

}  // namespace sallyport::audit
