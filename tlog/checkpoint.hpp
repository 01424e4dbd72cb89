// C2SP tlog-checkpoint: the text of a note that says what a log's tree is.
#pragma once

#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::tlog {

/// Extension lines; a compact range from leaf 0 on has at most 62 hashes.
inline constexpr std::size_t extension_lines_max = 64;
inline constexpr std::size_t extension_line_bytes_max = 1024;

struct Checkpoint {
    std::string origin;  // the log's name, as is_key_name() wants it
    std::uint64_t size = 0;
    Hash root = empty_root();
    std::vector<std::string> extensions;

    /// The text of a note. There is one spelling: to_text() gives the same bytes again.
    /// Errors: Errc::malformed, Errc::limit.
    static Result<Checkpoint> parse(std::string_view note_text);
    std::string to_text() const;

    /// The checkpoint of the tree `range` [0, size), which its extension lines carry along, so that
    /// whoever trusts the signature can go on from here without the leaves.
    static Checkpoint with_range(std::string origin, const Range& range);
    /// That range. Errors: Errc::malformed if there is none, or not one with this root.
    Result<Range> range() const;

    /// With the key (its verifier key, C2SP signed-note) that signs the checkpoints after this one.
    /// Only so a signature of the key before vouches for it: anybody can put another one beside it.
    static Checkpoint with_successor(Checkpoint checkpoint, std::string_view key);
    bool names_successor(std::string_view key) const;

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// Takes the first note off a text of checkpoints that stand one directly after the other; nothing
/// if no complete one is left. Says nothing about what is in it: parse it.
std::optional<std::string_view> take_note(std::string_view& notes);

}  // namespace sallyport::tlog
