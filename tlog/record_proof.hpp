#pragma once

#include "base/result.hpp"
#include "tlog/note.hpp"
#include "tlog/proof.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::tlog {

inline constexpr std::size_t record_proof_bytes_max = 512 * 1024;

/// C2SP tlog-proof: a checkpoint and the proof that a record is in its tree, to be checked far from
/// the log.
struct RecordProof {
    std::string extra{};  // whatever helps whoever checks it; nobody signed that
    std::uint64_t index = 0;
    std::vector<Hash> hashes{};
    Note note{};

    /// There is one spelling: to_text() gives the same bytes again.
    /// Errors: Errc::malformed, Errc::limit.
    static Result<RecordProof> parse(std::string_view text);
    std::string to_text() const;
};

}  // namespace sallyport::tlog
