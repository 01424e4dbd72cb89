#include "tlog/proof.hpp"

#include "base/error.hpp"
#include "naive_tree.hpp"
#include "vectors.hpp"

#include <gtest/gtest.h>

namespace sallyport::tlog {
namespace {

constexpr std::size_t sizes = 130;

Hash hash_of(std::string_view hex) {
    Hash hash{};
    std::ranges::copy(from_hex(hex).value(), hash.begin());
    return hash;
}

std::vector<Hash> hashes_of(const std::vector<std::string_view>& hex) {
    std::vector<Hash> hashes;
    for (const auto text : hex) hashes.push_back(hash_of(text));
    return hashes;
}

std::vector<Hash> known_leaves() {
    std::vector<Hash> leaves;
    for (const auto entry : vectors::entries) leaves.push_back(leaf_hash(from_hex(entry).value()));
    return leaves;
}

std::vector<Hash> inclusion(std::span<const Hash> leaves, std::size_t index) {
    return inclusion_proof(naive::range(0, leaves.first(index)),
                           naive::range(index + 1, leaves.subspan(index + 1)));
}

std::vector<Hash> consistency(std::span<const Hash> leaves, std::size_t old_size) {
    return consistency_proof(naive::range(0, leaves.first(old_size)),
                             naive::range(old_size, leaves.subspan(old_size)));
}

/// Calls `check` with every proof that differs from `proof` in one bit, lacks a hash or has one
/// more.
void for_each_forgery(const std::vector<Hash>& proof, auto check) {
    for (std::size_t i = 0; i < proof.size(); ++i) {
        for (const std::size_t byte : {0, 13, 31}) {
            auto forged = proof;
            forged[i][byte] ^= std::byte{1} << (i + byte) % 8;
            check(forged);
        }
        auto shorter = proof;
        shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
        check(shorter);
    }
    auto longer = proof;
    longer.emplace_back();
    check(longer);
    longer.insert(longer.begin(), Hash{});
    check(longer);
}

TEST(InclusionProof, IsTheOneThatCertificateTransparencyAgreedOn) {
    const auto leaves = known_leaves();
    for (const auto& known : vectors::inclusions) {
        const auto proof = hashes_of(known.proof);
        EXPECT_EQ(inclusion(std::span(leaves).first(known.size), known.index), proof);
        EXPECT_TRUE(verify_inclusion(known.index, known.size, leaves[known.index],
                                     hash_of(vectors::roots[known.size - 1]), proof));
    }
}

TEST(ConsistencyProof, IsTheOneThatCertificateTransparencyAgreedOn) {
    const auto leaves = known_leaves();
    for (const auto& known : vectors::consistencies) {
        const auto proof = hashes_of(known.proof);
        EXPECT_EQ(consistency(std::span(leaves).first(known.size), known.old_size), proof);
        EXPECT_TRUE(verify_consistency(known.old_size, hash_of(vectors::roots[known.old_size - 1]),
                                       known.size, hash_of(vectors::roots[known.size - 1]), proof));
    }
}

TEST(InclusionProof, IsTheOneOfTheDefinitionForEveryLeafOfEverySize) {
    const auto all = naive::leaves(sizes);
    for (std::size_t size = 1; size <= sizes; ++size) {
        const auto leaves = std::span(all).first(size);
        const auto root = naive::root(leaves);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = inclusion(leaves, index);
            ASSERT_EQ(proof, naive::path(index, leaves)) << index << " of " << size;
            ASSERT_TRUE(verify_inclusion(index, size, leaves[index], root, proof));
        }
    }
}

TEST(ConsistencyProof, IsTheOneOfTheDefinitionForEveryPairOfSizes) {
    const auto all = naive::leaves(sizes);
    for (std::size_t size = 1; size <= sizes; ++size) {
        const auto leaves = std::span(all).first(size);
        const auto root = naive::root(leaves);
        for (std::size_t old = 1; old <= size; ++old) {
            const auto proof = consistency(leaves, old);
            ASSERT_EQ(proof, naive::consistency(old, leaves)) << old << " in " << size;
            const auto old_root = naive::root(leaves.first(old));
            ASSERT_TRUE(verify_consistency(old, old_root, size, root, proof));
        }
    }
}

TEST(InclusionProof, ComesFromTheRangeOfASegmentsStartAndItsLeaves) {
    const auto all = naive::leaves(100);
    for (const std::size_t first : {0, 1, 31, 32, 77}) {
        const auto left = naive::range(0, std::span(all).first(first));
        for (std::size_t index = first; index < all.size(); ++index)
            ASSERT_EQ(inclusion_proof(left, std::span(all).subspan(first), index).value(),
                      naive::path(index, all));
        EXPECT_EQ(inclusion_proof(left, std::span(all).subspan(first), 100).error().code,
                  Errc::not_found);
    }
    const auto left = naive::range(0, std::span(all).first(5));
    EXPECT_EQ(inclusion_proof(left, std::span(all).subspan(5), 4).error().code, Errc::not_found);
}

TEST(InclusionProof, ForgedIsRefused) {
    const auto all = naive::leaves(70);
    for (const std::size_t size : {1, 2, 5, 7, 8, 33, 64, 70}) {
        const auto leaves = std::span(all).first(size);
        const auto root = naive::root(leaves);
        for (std::size_t index = 0; index < size; ++index) {
            for_each_forgery(inclusion(leaves, index), [&](const auto& forged) {
                const auto seen = verify_inclusion(index, size, leaves[index], root, forged);
                ASSERT_FALSE(seen);
                ASSERT_EQ(seen.error().code, Errc::untrusted);
            });
        }
    }
}

TEST(InclusionProof, OfAnotherPlaceLeafOrRootIsRefused) {
    const auto all = naive::leaves(40);
    for (std::size_t size = 1; size < 40; ++size) {
        const auto leaves = std::span(all).first(size);
        const auto root = naive::root(leaves);
        for (std::size_t index = 0; index < size; ++index) {
            const auto proof = inclusion(leaves, index);
            for (std::size_t other = 0; other <= size; ++other) {
                if (other == index) continue;
                ASSERT_FALSE(verify_inclusion(other, size, leaves[index], root, proof));
                ASSERT_FALSE(verify_inclusion(index, size, all[other], root, proof));
            }
            ASSERT_FALSE(verify_inclusion(index, size, leaves[index], empty_root(), proof));
        }
    }
}

TEST(ConsistencyProof, ForgedIsRefused) {
    const auto all = naive::leaves(70);
    for (const std::size_t size : {1, 2, 5, 7, 8, 33, 64, 70}) {
        const auto leaves = std::span(all).first(size);
        const auto root = naive::root(leaves);
        for (std::size_t old = 1; old <= size; ++old) {
            const auto old_root = naive::root(leaves.first(old));
            for_each_forgery(consistency(leaves, old), [&](const auto& forged) {
                const auto seen = verify_consistency(old, old_root, size, root, forged);
                ASSERT_FALSE(seen) << old << " in " << size;
                ASSERT_EQ(seen.error().code, Errc::untrusted);
            });
        }
    }
}

TEST(ConsistencyProof, BetweenOtherTreesIsRefused) {
    const auto all = naive::leaves(40);
    for (std::size_t size = 1; size < 40; ++size) {
        const auto leaves = std::span(all).first(size);
        const auto root = naive::root(leaves);
        for (std::size_t old = 1; old < size; ++old) {
            const auto proof = consistency(leaves, old);
            const auto old_root = naive::root(leaves.first(old));
            for (std::size_t other = 0; other <= size; ++other) {
                if (other == old) continue;
                const auto other_root = naive::root(leaves.first(other));
                ASSERT_FALSE(verify_consistency(other, other_root, size, root, proof));
                ASSERT_FALSE(verify_consistency(old, other_root, size, root, proof));
            }
            ASSERT_FALSE(verify_consistency(old, old_root, size, naive::root(all), proof));
            ASSERT_FALSE(verify_consistency(size, root, old, old_root, proof));
        }
    }
}

TEST(ConsistencyProof, OfTheEmptyTreeIsEmpty) {
    const auto leaves = naive::leaves(3);
    const auto root = naive::root(leaves);
    EXPECT_TRUE(consistency_proof(Range(), naive::range(0, leaves)).empty());
    EXPECT_TRUE(verify_consistency(0, empty_root(), 3, root, {}));
    EXPECT_TRUE(verify_consistency(0, empty_root(), 0, empty_root(), {}));
    EXPECT_FALSE(verify_consistency(0, empty_root(), 3, root, leaves));
    EXPECT_FALSE(verify_consistency(0, root, 3, root, {}));
    EXPECT_FALSE(verify_consistency(0, empty_root(), 0, root, {}));
}

TEST(ConsistencyProof, OfOneSizeNeedsOneRoot) {
    const auto root = naive::root(naive::leaves(3));
    EXPECT_TRUE(verify_consistency(3, root, 3, root, {}));
    EXPECT_FALSE(verify_consistency(3, empty_root(), 3, root, {}));
    EXPECT_FALSE(verify_consistency(3, root, 3, root, std::vector{root}));
}

TEST(Proof, OfTheLargestTreeFitsItsLimit) {
    const auto old = Range::of(0, tree_size_max / 2 - 1, std::vector<Hash>(61)).value();
    const auto count = Range::node_count(old.end(), tree_size_max);
    const auto since = Range::of(old.end(), tree_size_max, std::vector<Hash>(count)).value();
    EXPECT_LE(consistency_proof(old, since).size(), proof_hashes_max);
    EXPECT_FALSE(verify_inclusion(0, tree_size_max + 1, Hash{}, Hash{}, {}));
}

}  // namespace
}  // namespace sallyport::tlog
