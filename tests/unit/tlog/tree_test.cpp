#include "tlog/tree.hpp"

#include "base/error.hpp"
#include "naive_tree.hpp"
#include "vectors.hpp"

#include <gtest/gtest.h>

namespace sallyport::tlog {
namespace {

constexpr std::size_t tree_sizes = 130;

TEST(Tree, HasTheRootsThatCertificateTransparencyAgreedOn) {
    Range tree;
    EXPECT_EQ(to_hex(tree.root()), vectors::empty);
    for (std::size_t i = 0; i < vectors::entries.size(); ++i) {
        tree.append(leaf_hash(from_hex(vectors::entries[i]).value()));
        EXPECT_EQ(to_hex(tree.root()), vectors::roots[i]);
    }
}

TEST(Tree, HasTheRootOfTheDefinitionAtEverySize) {
    const auto leaves = naive::leaves(tree_sizes);
    Range tree;
    for (std::size_t n = 0; n < tree_sizes; ++n) {
        EXPECT_EQ(tree.root(), naive::root(std::span(leaves).first(n))) << n;
        tree.append(leaves[n]);
    }
}

TEST(Range, IsTheFewestAlignedSubtreesLeftToRight) {
    const auto leaves = naive::leaves(tree_sizes);
    for (std::size_t begin = 0; begin <= tree_sizes; ++begin) {
        for (std::size_t end = begin; end <= tree_sizes; ++end) {
            const auto range = naive::range(begin, std::span(leaves).subspan(begin, end - begin));
            std::vector<Hash> expected;
            for (auto at = begin; at < end;) {
                std::size_t width = 1;
                while (at % (2 * width) == 0 && at + 2 * width <= end) width *= 2;
                expected.push_back(naive::root(std::span(leaves).subspan(at, width)));
                at += width;
            }
            ASSERT_EQ(range.hashes(), expected) << begin << ".." << end;
            ASSERT_EQ(Range::node_count(begin, end), expected.size());
        }
    }
}

TEST(Range, JoinedWithTheNextIsTheRangeOfBoth) {
    const auto leaves = naive::leaves(tree_sizes);
    const std::span all(leaves);
    for (std::size_t begin = 0; begin < 40; ++begin) {
        for (std::size_t middle = begin; middle <= tree_sizes; middle += 3) {
            for (std::size_t end = middle; end <= tree_sizes; end += 5) {
                auto joined = naive::range(begin, all.subspan(begin, middle - begin));
                const auto next = naive::range(middle, all.subspan(middle, end - middle));
                ASSERT_TRUE(joined.append(next));
                ASSERT_EQ(joined, naive::range(begin, all.subspan(begin, end - begin)));
            }
        }
    }
}

TEST(Range, RefusesOneThatDoesNotFollow) {
    auto range = naive::range(0, naive::leaves(5));
    const auto before = range;
    for (const std::uint64_t begin : {0, 4, 6})
        EXPECT_EQ(range.append(Range(begin)).error().code, Errc::malformed);
    EXPECT_EQ(range, before);
}

TEST(Range, ComesBackFromItsHashes) {
    const auto range = naive::range(3, naive::leaves(20));
    EXPECT_EQ(Range::of(3, 23, range.hashes()).value(), range);
    EXPECT_EQ(Range::of(7, 7, {}).value(), Range(7));
}

TEST(Range, RefusesHashesThatCannotBeItsOwn) {
    const auto hashes = naive::range(0, naive::leaves(7)).hashes();
    EXPECT_TRUE(Range::of(0, 7, hashes));
    EXPECT_EQ(Range::of(0, 8, hashes).error().code, Errc::malformed);
    EXPECT_EQ(Range::of(0, 6, hashes).error().code, Errc::malformed);
    EXPECT_EQ(Range::of(7, 0, {}).error().code, Errc::malformed);
    EXPECT_EQ(Range::of(0, tree_size_max + 1, {Hash{}}).error().code, Errc::malformed);
}

TEST(Range, ReachesTheLargestTree) {
    auto range = Range::of(0, tree_size_max - 1, std::vector<Hash>(62)).value();
    range.append(Hash{});
    EXPECT_EQ(range.hashes().size(), 1U);
    EXPECT_EQ(range.end(), tree_size_max);
    EXPECT_EQ(Range::node_count(1, tree_size_max), 62U);
}

}  // namespace
}  // namespace sallyport::tlog
