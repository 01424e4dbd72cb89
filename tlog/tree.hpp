// The Merkle tree of RFC 6962 section 2.1 (the same in RFC 9162) over leaves that only ever grow,
// held in a few hashes.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "certs/sha256.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace sallyport::tlog {

using Hash = certs::Sha256;

/// Leaves of a tree: above this a proof could need more hashes than C2SP tlog-witness allows.
inline constexpr std::uint64_t tree_size_max = std::uint64_t{1} << 62;

/// SHA-256(0x00 || entry). Each thread keeps one context for this and node_hash().
Hash leaf_hash(BytesView entry);
/// SHA-256(0x01 || left || right).
Hash node_hash(const Hash& left, const Hash& right);
/// The root of a tree without leaves: SHA-256 of nothing.
const Hash& empty_root();

/// The root above nodes that stand left to right as in a Range whose first node could be a left
/// child of all the others together; empty_root() for none.
Hash fold(std::span<const Hash> nodes);

/// The leaves [begin, end) of a tree as the fewest complete, aligned subtrees that cover them,
/// left to right: at most 2 log2(end) hashes, whatever lies between.
class Range {
public:
    explicit Range(std::uint64_t begin = 0) : begin_(begin), end_(begin) {}

    /// A range that was kept somewhere. It takes the hashes on trust; only their number is checked.
    /// Errors: Errc::malformed if that is not node_count(begin, end), or the bounds are none.
    static Result<Range> of(std::uint64_t begin, std::uint64_t end, std::vector<Hash> hashes);
    /// How many subtrees cover [begin, end).
    static std::size_t node_count(std::uint64_t begin, std::uint64_t end);

    /// Adds leaf number end(). Hashes one node on average, log2(end) at most.
    void append(const Hash& leaf);
    /// Errors: Errc::malformed unless `next` begins where this one ends; then nothing changed.
    Result<void> append(const Range& next);

    std::uint64_t begin() const { return begin_; }
    std::uint64_t end() const { return end_; }
    const std::vector<Hash>& hashes() const { return hashes_; }

    /// The root of the tree of the first end() leaves. Only of a range that begins at 0.
    Hash root() const;

    friend bool operator==(const Range&, const Range&) = default;

private:
    void append_node(unsigned level, const Hash& node);

    std::uint64_t begin_;
    std::uint64_t end_;
    std::vector<Hash> hashes_;
};

}  // namespace sallyport::tlog
