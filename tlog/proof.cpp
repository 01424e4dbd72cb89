#include "tlog/proof.hpp"

#include "base/error.hpp"

#include <bit>
#include <cassert>

namespace sallyport::tlog {
namespace {

Error refused(const char* what) { return Error{Errc::untrusted, what}; }

/// The siblings on the way from a node to the root of a tree of `size` leaves, bottom up. A sibling
/// on the left is the last node of `lefts` not yet taken, a complete one on the right the first of
/// `rights`; what is left of `rights` when it no longer fills a subtree is the last on the right.
void climb(std::vector<Hash>& proof, std::uint64_t node, unsigned level, std::uint64_t size,
           std::span<const Hash> lefts, std::span<const Hash> rights) {
    for (; !lefts.empty() || !rights.empty(); ++level, node >>= 1) {
        if ((node & 1) != 0) {
            proof.push_back(lefts.back());
            lefts = lefts.first(lefts.size() - 1);
            continue;
        }
        if (rights.empty()) continue;
        const bool complete = node + 2 <= size >> level;
        proof.push_back(complete ? rights.front() : fold(rights));
        rights = complete ? rights.subspan(1) : std::span<const Hash>{};
    }
}

/// Where a node stands while a proof leads up from it: its index and that of the last node, both on
/// its own level (`fn` and `sn` in RFC 9162).
struct Climber {
    std::uint64_t node;
    std::uint64_t last;

    void up() {
        node >>= 1;
        last >>= 1;
    }
    bool at_top() const { return last == 0; }
    bool sibling_is_left() const { return (node & 1) != 0 || node == last; }
    /// A last node without a sibling stands for its parents too.
    void skip_missing_siblings() {
        while ((node & 1) == 0 && node != 0) up();
    }
};

/// Up to the root: `join` is told each hash of the proof, and whether it stands on the left.
template <class Join>
Result<void> ascend(Climber at, std::span<const Hash> proof, Join join) {
    for (const auto& hash : proof) {
        if (at.at_top()) return refused("the proof is too long");
        const bool on_left = at.sibling_is_left();
        join(hash, on_left);
        if (on_left) at.skip_missing_siblings();
        at.up();
    }
    if (!at.at_top()) return refused("the proof is too short");
    return {};
}

}  // namespace

std::vector<Hash> consistency_proof(const Range& old, const Range& since) {
    assert(old.begin() == 0 && since.begin() == old.end());
    std::vector<Hash> proof;
    if (old.end() == 0 || since.end() == old.end()) return proof;
    // The verifier knows the last complete subtree of the old tree only if it is all of it.
    const std::span<const Hash> nodes = old.hashes();
    if (nodes.size() > 1) proof.push_back(nodes.back());
    const auto level = static_cast<unsigned>(std::countr_zero(old.end()));
    climb(proof, (old.end() - 1) >> level, level, since.end(), nodes.first(nodes.size() - 1),
          since.hashes());
    return proof;
}

Result<void> verify_consistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t size,
                                const Hash& root, std::span<const Hash> proof) {
    if (old_size > size || size > tree_size_max) return refused("a tree does not get smaller");
    if (old_size == 0 || old_size == size) {
        if (!proof.empty()) return refused("a proof where none belongs");
        if (old_root != (old_size == 0 ? empty_root() : root))
            return refused("two roots for the same number of leaves");
        if (size == 0 && root != empty_root()) return refused("no leaves, but a root");
        return {};
    }
    Hash old_above = old_root;
    if (!std::has_single_bit(old_size)) {
        if (proof.empty()) return refused("the proof is empty");
        old_above = proof.front();
        proof = proof.subspan(1);
    }
    Hash above = old_above;
    Climber at{old_size - 1, size - 1};
    while ((at.node & 1) != 0) at.up();
    const auto climbed = ascend(at, proof, [&](const Hash& hash, bool on_left) {
        if (on_left) old_above = node_hash(hash, old_above);
        above = on_left ? node_hash(hash, above) : node_hash(above, hash);
    });
    if (!climbed) return climbed;
    if (old_above != old_root) return refused("the proof does not lead to the old root");
    if (above != root) return refused("the proof does not lead to the new root");
    return {};
}

std::vector<Hash> inclusion_proof(const Range& before, const Range& after) {
    assert(before.begin() == 0 && after.begin() == before.end() + 1);
    std::vector<Hash> proof;
    climb(proof, before.end(), 0, after.end(), before.hashes(), after.hashes());
    return proof;
}

Result<std::vector<Hash>> inclusion_proof(Range left, std::span<const Hash> leaves,
                                          std::uint64_t index) {
    if (index < left.end() || index - left.end() >= leaves.size())
        return Error{Errc::not_found,
                     "leaf " + std::to_string(index) + " is not among those at hand"};
    const auto before = static_cast<std::size_t>(index - left.end());
    for (const auto& leaf : leaves.first(before)) left.append(leaf);
    Range after(index + 1);
    for (const auto& leaf : leaves.subspan(before + 1)) after.append(leaf);
    return inclusion_proof(left, after);
}

Result<void> verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash& leaf,
                              const Hash& root, std::span<const Hash> proof) {
    if (index >= size || size > tree_size_max) return refused("no such leaf in this tree");
    Hash above = leaf;
    const auto climbed = ascend({index, size - 1}, proof, [&above](const Hash& hash, bool on_left) {
        above = on_left ? node_hash(hash, above) : node_hash(above, hash);
    });
    if (!climbed) return climbed;
    if (above != root) return refused("the proof does not lead to the root");
    return {};
}

}  // namespace sallyport::tlog
