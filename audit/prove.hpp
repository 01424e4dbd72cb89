// One record, taken out of the log with all that proves it.
#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "tlog/verifier_key.hpp"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Whether the personal data that the record commits to goes along.
enum class Disclosing { no, yes };

struct Proof {
    std::string text{};      // of the file: C2SP tlog-proof
    std::string origin{};    // name of the log
    std::uint64_t size = 0;  // records that the checkpoint in it covers
    /// Of the personal fields that the record commits to, if they were to be disclosed.
    std::vector<std::string> disclosed{};
    std::vector<std::string> undisclosed{};  // they were erased, or this is a copy without them
};

/// Proves the record from the files of a log, with the first checkpoint that covers it; one that a
/// witness has signed too is preferred. Reads from the beginning of the record's segment up to that
/// checkpoint. What it gives has been checked.
/// Errors: Errc::not_found if there is no such record (any more), or it is not signed (yet);
/// Errc::untrusted if the log is not as it was signed; those of reading.
Result<Proof> prove(const std::filesystem::path& folder, Sequence sequence, Disclosing disclosing);

/// A personal field of a proven record.
struct Disclosed {
    std::string field;
    std::string value;
};

/// What a proof says once it has been checked.
struct ProvenRecord {
    std::string line{};  // with its newline
    Sequence sequence = 0;
    std::vector<Disclosed> disclosed{};
    std::string origin{};
    std::uint64_t size = 0;
    std::vector<std::string> signers{};  // vkeys; of the log first
    bool key_from_file = false;          // nobody else vouches for the key
};

/// `known`: keys of the log and of its witnesses from elsewhere. Without any, the key in the file
/// is taken, which proves no more than that somebody made a log.
/// Errors: Errc::malformed, Errc::limit; Errc::untrusted if it proves nothing.
Result<ProvenRecord> check_proof(std::string_view text, std::span<const tlog::VerifierKey> known);

}  // namespace sallyport::audit
