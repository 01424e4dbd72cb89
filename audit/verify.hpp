#pragma once

#include "audit/log.hpp"
#include "audit/predecessor.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"
#include "tlog/verifier_key.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// Kinds of problems, in the words of docs/AUDIT.md#attacks.
namespace verdict {
inline constexpr std::string_view record = "record";      // a line is no record, or contradicts
inline constexpr std::string_view chain = "chain";        // the line before is another
inline constexpr std::string_view sequence = "sequence";  // missing, repeated or moved
inline constexpr std::string_view exchange = "exchange";  // an end without its begin
inline constexpr std::string_view file = "file";          // missing, damaged or renamed
inline constexpr std::string_view root = "root";          // not the records that were signed
inline constexpr std::string_view signature =
    "signature";                                    // a checkpoint that the log did not make
inline constexpr std::string_view key = "key";      // the keys do not fit
inline constexpr std::string_view order = "order";  // checkpoints that contradict
inline constexpr std::string_view truncated = "TRUNCATED";  // signed records are not there any more
inline constexpr std::string_view not_signed = "unsigned";  // more than wait for their signature
inline constexpr std::string_view not_compared = "uncompared";  // given, and behind what is left
inline constexpr std::string_view fork = "FORK";                // another log than somebody signed
inline constexpr std::string_view disclosure =
    "disclosure";  // text that is not the one committed to
}  // namespace verdict

/// One place where the log is not as it was written.
struct Problem {
    std::string file;        // name of the segment
    std::uint64_t line = 0;  // counted from 1; 0 = the file as a whole
    std::string text;        // plain words
    std::string_view verdict = verdict::record;
};

/// What to compare the log with.
struct VerifyOptions {
    /// Keys of the log that were kept elsewhere. None: those that the log names itself.
    std::vector<tlog::VerifierKey> keys{};
    /// Checkpoints that were kept elsewhere, each with its signatures, one after the other.
    std::vector<std::string> checkpoints{};
    /// Keys of witnesses: each of `checkpoints` must have the signature of one.
    std::vector<tlog::VerifierKey> witnesses{};
    /// Only the segments with these records.
    std::optional<Sequence> since{};
    std::optional<Sequence> until{};
    /// What the log that followed says of this one, whose checkpoint it must go on from.
    std::optional<Predecessor> told{};

    /// Whether something was kept elsewhere.
    bool compares() const {
        return !keys.empty() || !checkpoints.empty() || !witnesses.empty() || told;
    }
    /// Why `since` and `until` make no sense for a log from `first` to `last`; nullopt if they do.
    std::optional<std::string> wrong_range(std::optional<Sequence> first,
                                           std::optional<Sequence> last) const;
    /// The segments to look at.
    std::vector<Segment> selected(std::vector<Segment> segments) const;
};

/// What the checkpoints prove.
struct SealReport {
    bool sealed = false;      // there are checkpoints and a list of keys
    bool keys_known = false;  // a key that was given vouches for the newest checkpoint
    std::string origin{};
    std::vector<std::string> vkeys{};
    std::uint64_t checkpoints = 0;
    std::uint64_t size = 0;       // of the newest good one: so many records are signed
    std::string root{};           // of that
    std::uint64_t witnessed = 0;  // size of the newest good one with the signature of a witness
    bool begins_signed = false;   // what the first record stands on is signed
};

/// Of the personal values that the records commit to.
struct PersonalReport {
    std::uint64_t present = 0;    // disclosed, and what was recorded
    std::uint64_t erased = 0;     // not disclosed, and a record says why
    std::uint64_t missing = 0;    // not disclosed, and no record that was looked at says so
    std::uint64_t falsified = 0;  // disclosed as something else

    std::uint64_t all() const { return present + erased + missing + falsified; }
};

/// What verify() found.
struct Report {
    /// More are counted, not listed.
    static constexpr std::size_t problems_max = 1000;

    std::uint64_t segments = 0;
    std::uint64_t records = 0;
    std::optional<Sequence> first{};
    std::optional<Sequence> last{};
    std::string
        last_digest{};  // of the last record: keep it elsewhere and the end cannot be cut off
    std::vector<Problem> problems{};
    std::uint64_t problem_count = 0;
    std::vector<std::string> notes{};  // worth knowing, and no sign of tampering
    SealReport seal{};
    PersonalReport personal{};
    std::optional<Predecessor> predecessor{};  // the log that was put aside before this one began
    std::uint64_t exchanges_open = 0;  // begun, and the process that began them may still run

    bool good() const { return problem_count == 0; }
    void add(Problem problem);
};

/// Checks every record of the log in `folder` by itself, against the one before, and against the
/// checkpoints. A log may be verified while it is written. Errors: Errc::not_found for a range that
/// is not there; the operating system's (nothing could be checked).
Result<Report> verify(const std::filesystem::path& folder, const VerifyOptions& options = {});

/// What the report proves, and what it does not, for people.
std::string what_is_proved(const Report& report);

}  // namespace sallyport::audit
