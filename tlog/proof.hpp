// Proofs about trees: that one is the beginning of another, and that a leaf is in one.
#pragma once

#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace sallyport::tlog {

/// Hashes of a proof: as many as C2SP tlog-witness lets a log send.
inline constexpr std::size_t proof_hashes_max = 63;

/// RFC 6962 section 2.1.2: PROOF(m, D[n]) that the tree of `old` [0, m) is the beginning of the one
/// that `since` [m, n) makes of it. Empty if m is 0 or n is m.
std::vector<Hash> consistency_proof(const Range& old, const Range& since);

/// RFC 9162 section 2.1.4.2. Every tree goes on from the empty one, without a proof.
/// Errors: Errc::untrusted.
Result<void> verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t size,
                                const Hash& root, std::span<const Hash> proof);

/// RFC 6962 section 2.1.1: PATH(m, D[n]) of leaf m from all leaves `before` [0, m) and `after`
/// [m + 1, n).
std::vector<Hash> inclusion_proof(const Range& before, const Range& after);

/// The same from the range [0, m) and the hashes of the leaves [m, n) where index is one of them.
/// Errors: Errc::not_found if it is not.
Result<std::vector<Hash>> inclusion_proof(Range left, std::span<const Hash> leaves,
                                          std::uint64_t index);

/// RFC 9162 section 2.1.3.2: `leaf` is number `index` of the `size` leaves under `root`.
/// Errors: Errc::untrusted.
Result<void> verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                              const Hash& root, std::span<const Hash> proof);

}  // namespace sallyport::tlog
