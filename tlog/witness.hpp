// What a witness decides (C2SP tlog-witness): it cosigns what goes on from what it cosigned last.
#pragma once

#include "base/result.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/note.hpp"
#include "tlog/proof.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::tlog {

/// The body of `POST <prefix>/add-checkpoint`.
struct AddCheckpoint {
    std::uint64_t old_size = 0;
    std::vector<Hash> proof;
    Note note;

    /// Errors: Errc::malformed, Errc::limit.
    static Result<AddCheckpoint> parse(std::string_view body);
    std::string to_text() const;
};

/// What a witness knows about a log.
struct WitnessedLog {
    std::string origin;
    std::vector<VerifierKey> keys;  // any of them signs for it
    /// The latest checkpoint that was cosigned; the empty tree before the first.
    std::uint64_t size = 0;
    Hash root = empty_root();
};

enum class Refusal {
    malformed,    // the note is no checkpoint, or smaller than the size it goes on from
    unknown_log,  // of another origin
    unknown_key,  // not signed by a key of this log, or signed wrongly
    stale,        // goes on from another size than the one that was cosigned last
    rollback,     // smaller than what was cosigned
    fork,         // as large as what was cosigned, but another tree
    bad_proof,    // does not go on from what was cosigned, as far as the proof shows
};

/// The checkpoint is to be kept as the latest, and then cosigned.
struct Accepted {
    Checkpoint checkpoint;
};

struct Refused {
    Refusal reason;
    std::uint64_t known_size;  // of the latest cosigned checkpoint
    std::string detail;
    unsigned status;  // HTTP, as C2SP tlog-witness says it
};

/// Deciding and keeping what is accepted must be one step, or two offers at once could roll back.
std::variant<Accepted, Refused> decide(const WitnessedLog& known, const AddCheckpoint& offer);

/// "fork", "unknown_key", ...: for logs and records.
std::string_view to_text(Refusal reason);

/// Body and content type that go with status 409.
std::string size_answer(std::uint64_t known_size);
Result<std::uint64_t> parse_size_answer(std::string_view body);
inline constexpr std::string_view size_answer_type = "text/x.tlog.size";

}  // namespace sallyport::tlog
