#include "audit/tiles.hpp"

#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <map>

namespace sallyport::audit {
namespace {

using Files = std::map<std::string, std::string>;

Files tiles_of(std::uint64_t size) {
    Files files;
    Tiles tiles([&](const std::string& name, std::string_view content) {
        EXPECT_TRUE(files.emplace(name, content).second) << name;
        return Result<void>();
    });
    for (std::uint64_t i = 0; i < size; ++i) EXPECT_TRUE(tiles.append(std::to_string(i)));
    EXPECT_TRUE(tiles.finish());
    return files;
}

std::size_t hashes(const Files& files, const std::string& name) {
    return files.contains(name) ? files.at(name).size() / sizeof(tlog::Hash) : 0;
}

TEST(TilePath, HasThreeDigitsPerElement) {
    EXPECT_EQ(tile_path(0, 256), "000");
    EXPECT_EQ(tile_path(999, 256), "999");
    EXPECT_EQ(tile_path(1000, 256), "x001/000");
    EXPECT_EQ(tile_path(1234067, 256), "x001/x234/067");
    EXPECT_EQ(tile_path(1234067, 17), "x001/x234/067.p/17");
}

// The example of C2SP tlog-tiles.
TEST(Tiles, OfSeventyThousandRecordsAreThoseOfTheSpecification) {
    const auto files = tiles_of(70'000);
    EXPECT_EQ(files.size(), 273U + 1 + 1 + 1 + 1 + 273 + 1);
    EXPECT_EQ(hashes(files, "tile/0/000"), 256U);
    EXPECT_EQ(hashes(files, "tile/0/272"), 256U);
    EXPECT_EQ(hashes(files, "tile/0/273.p/112"), 112U);
    EXPECT_EQ(hashes(files, "tile/1/000"), 256U);
    EXPECT_EQ(hashes(files, "tile/1/001.p/17"), 17U);
    EXPECT_EQ(hashes(files, "tile/2/000.p/1"), 1U);
    EXPECT_TRUE(files.contains("tile/entries/273.p/112"));
}

TEST(Tiles, OfTwoHundredFiftySixRecordsAreAFullOneAndAPartialOneAbove) {
    const auto files = tiles_of(256);
    EXPECT_EQ(files.size(), 3U);
    EXPECT_EQ(hashes(files, "tile/0/000"), 256U);
    EXPECT_EQ(hashes(files, "tile/1/000.p/1"), 1U);
    EXPECT_TRUE(files.contains("tile/entries/000"));
}

TEST(Tiles, HashTheEntriesOfTheirBundles) {
    const auto files = tiles_of(300);
    tlog::Range tree;
    tlog::Range expected;
    for (const auto* bundle : {"tile/entries/000", "tile/entries/001.p/44"}) {
        std::string_view rest = files.at(bundle);
        while (!rest.empty()) {
            const auto length = static_cast<std::size_t>(static_cast<unsigned char>(rest[0]) << 8 |
                                                         static_cast<unsigned char>(rest[1]));
            tree.append(tlog::leaf_hash(as_bytes(rest.substr(2, length))));
            rest.remove_prefix(2 + length);
        }
    }
    for (int i = 0; i < 300; ++i) expected.append(tlog::leaf_hash(as_bytes(std::to_string(i))));
    EXPECT_EQ(tree, expected);
    EXPECT_EQ(as_bytes(files.at("tile/1/000.p/1")).size(), sizeof(tlog::Hash));
    EXPECT_TRUE(std::ranges::equal(as_bytes(files.at("tile/1/000.p/1")), expected.hashes()[0]));
}

TEST(Tiles, OfNothingAreNone) { EXPECT_TRUE(tiles_of(0).empty()); }

}  // namespace
}  // namespace sallyport::audit
