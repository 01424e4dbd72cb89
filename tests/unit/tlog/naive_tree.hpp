// RFC 6962 section 2.1 word for word, recursive and slow: what the real code is compared with.
#pragma once

#include "tlog/tree.hpp"

#include <bit>
#include <span>
#include <vector>

namespace sallyport::tlog::naive {

using Leaves = std::span<const Hash>;

inline std::size_t half(std::size_t size) { return std::bit_floor(size - 1); }

inline Hash root(Leaves leaves) {
    if (leaves.empty()) return empty_root();
    if (leaves.size() == 1) return leaves[0];
    const auto k = half(leaves.size());
    return node_hash(root(leaves.first(k)), root(leaves.subspan(k)));
}

inline std::vector<Hash> path(std::size_t index, Leaves leaves) {
    if (leaves.size() <= 1) return {};
    const auto k = half(leaves.size());
    auto proof = index < k ? path(index, leaves.first(k)) : path(index - k, leaves.subspan(k));
    proof.push_back(root(index < k ? leaves.subspan(k) : leaves.first(k)));
    return proof;
}

inline std::vector<Hash> subproof(std::size_t m, Leaves leaves, bool whole) {
    if (m == leaves.size()) return whole ? std::vector<Hash>{} : std::vector{root(leaves)};
    const auto k = half(leaves.size());
    auto proof =
        m <= k ? subproof(m, leaves.first(k), whole) : subproof(m - k, leaves.subspan(k), false);
    proof.push_back(root(m <= k ? leaves.subspan(k) : leaves.first(k)));
    return proof;
}

inline std::vector<Hash> consistency(std::size_t m, Leaves leaves) {
    return subproof(m, leaves, true);
}

/// Leaves that all differ.
inline std::vector<Hash> leaves(std::size_t count) {
    std::vector<Hash> made;
    for (std::size_t i = 0; i < count; ++i)
        made.push_back(leaf_hash(as_bytes("entry " + std::to_string(i))));
    return made;
}

inline Range range(std::uint64_t begin, Leaves leaves) {
    Range made(begin);
    for (const auto& leaf : leaves) made.append(leaf);
    return made;
}

}  // namespace sallyport::tlog::naive
