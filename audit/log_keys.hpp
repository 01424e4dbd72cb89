#pragma once

#include "base/result.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/note.hpp"
#include "tlog/verifier_key.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// A checkpoint as it was read, and who signed it.
struct SignedCheckpoint {
    tlog::Note note;
    tlog::Checkpoint checkpoint;
    std::vector<std::size_t> signers{};  // of the log's keys, by their place in LogKeys
};

/// The public keys of a log, as the file `vkeys` in its folder lists them: the first size that each
/// signed, and the key. A key is good for checkpoints from there up to the first size of the next,
/// which both sign.
class LogKeys {
public:
    struct Known {
        std::uint64_t since = 0;
        tlog::VerifierKey key;
    };

    explicit LogKeys(tlog::VerifierKey first, std::uint64_t since = 0);
    /// Errors: Errc::malformed.
    static Result<LogKeys> parse(std::string_view text);
    std::string to_text() const;

    /// nullopt if there is no such file. Errors: Errc::malformed; the operating system's.
    static Result<std::optional<LogKeys>> read(const std::filesystem::path& folder);
    Result<void> write(const std::filesystem::path& folder) const;

    const std::string& origin() const { return known_.front().key.name(); }
    const std::vector<Known>& known() const { return known_; }
    /// In the order of known().
    std::vector<tlog::VerifierKey> all() const;
    const tlog::VerifierKey& newest() const { return known_.back().key; }
    /// From checkpoints of this size on.
    void add(std::uint64_t since, tlog::VerifierKey key);

    /// Reads a checkpoint of this log. Errors: Errc::malformed; Errc::untrusted if it is of another
    /// log or not signed by a key that was good then.
    Result<SignedCheckpoint> verify(std::string_view note) const;
    /// Whether checkpoints of this size by `key` count. Of a key that is not listed all do.
    bool good_for(const tlog::VerifierKey& key, std::uint64_t size) const;

private:
    LogKeys() = default;
    bool good_at(std::size_t index, std::uint64_t size) const;

    std::vector<Known> known_;  // one at least
};

/// A name for a new log, and of its keys: `sallyport/` and 32 random hexadecimal digits.
std::string make_origin();

/// Reads a checkpoint without looking at who signed it. Errors: Errc::malformed.
Result<tlog::Checkpoint> read_checkpoint(std::string_view note);

}  // namespace sallyport::audit
