// Personal values do not stand in records: a record has a commitment to each, and a line beside the
// segment, which may be erased, discloses it (docs/AUDIT.md#personal).
#pragma once

#include "audit/log.hpp"
#include "audit/segment.hpp"
#include "base/result.hpp"
#include "certs/sha256.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

inline constexpr std::array<std::string_view, 5> personal_fields = {"user", "principal", "sap_user",
                                                                    "bind_dn", "bound_as"};
/// `user` stands in a record as `user_c`.
inline constexpr std::string_view commitment_suffix = "_c";
/// How readers show a value whose disclosure is not there any more, and one that is not what was
/// recorded.
inline constexpr std::string_view erased_text = "(erased)";
inline constexpr std::string_view falsified_text = "(falsified)";

inline constexpr std::size_t salt_bytes = 16;
using Salt = std::array<std::byte, salt_bytes>;

/// The longest line of disclosures, newline included.
inline constexpr std::size_t disclosure_bytes_max = 4 * 1024;

/// Disclosures of one record that are looked at; it has no more fields than this.
inline constexpr std::size_t disclosures_per_record_max = 16;

struct Disclosure {
    Sequence sequence = 0;
    std::string field;
    Salt salt{};
    std::string value;  // as it would stand in the record, see unmark()
};

bool is_personal(std::string_view field);

/// Under which name a record commits to the value of a field.
std::string commitment_key(std::string_view field);

/// What the record says instead: hexadecimal SHA-256 of the salt and the value.
std::string commitment(const Salt& salt, std::string_view value);

/// Reads one line, with or without its newline. Errors: Errc::malformed.
Result<Disclosure> parse_disclosure(std::string_view line);

/// The sequence in a line that parse_disclosure() may take, at the cost of a few bytes.
Result<Sequence> disclosed_sequence(std::string_view line);

/// The file beside a segment, which is there only if something is disclosed: `….pii`.
std::string disclosures_name(Sequence first);
std::filesystem::path disclosures_path(const Segment& segment);

struct DisclosureFile {
    std::filesystem::path path;
    Sequence first = 0;       // of the segment it belongs to
    bool unfinished = false;  // an erasure was writing it, and did not come to its end
};

/// What an erasure is writing, beside the file that it replaces.
std::filesystem::path unfinished_path(const std::filesystem::path& disclosures);

/// All files of disclosures in the folder of a log, oldest first, whether or not the segments are
/// still there. Errors: the operating system's.
Result<std::vector<DisclosureFile>> list_disclosures(const std::filesystem::path& folder);

}  // namespace sallyport::audit
