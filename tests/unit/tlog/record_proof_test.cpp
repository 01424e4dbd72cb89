#include "tlog/record_proof.hpp"

#include "base/error.hpp"
#include "keys.hpp"
#include "naive_tree.hpp"

#include <gtest/gtest.h>

namespace sallyport::tlog {
namespace {

RecordProof example() {
    const auto leaves = naive::leaves(9);
    const auto key = test::signer("log");
    return {.extra = "anything\n",
            .index = 4,
            .hashes = naive::path(4, leaves),
            .note = test::signed_by(key, Checkpoint{"log", 9, naive::root(leaves), {}}.to_text())};
}

TEST(RecordProof, ComesBackFromItsText) {
    auto proof = example();
    for (const auto* extra : {"anything\n", ""}) {
        proof.extra = extra;
        const auto read = RecordProof::parse(proof.to_text());
        ASSERT_TRUE(read) << to_text(read.error());
        EXPECT_EQ(read->extra, proof.extra);
        EXPECT_EQ(read->index, 4U);
        EXPECT_EQ(read->hashes, proof.hashes);
        EXPECT_EQ(read->note, proof.note);
        EXPECT_EQ(read->to_text(), proof.to_text());
    }
}

TEST(RecordProof, HasOneSpellingOnly) {
    const auto good = example().to_text();
    const auto with = [&](std::string_view from, std::string_view to) {
        auto changed = good;
        return changed.replace(changed.find(from), from.size(), to);
    };
    for (const auto& text :
         {std::string(), with("@v1", "@v2"), with("extra ", "extra  "), with("extra ", "Extra "),
          with("index 4", "index 04"), with("index ", "index"), with("index 4\n", ""),
          with("index 4\n", "index 4\r\n"), with("\n\n", "\n"), with("=\n", "\n")})
        EXPECT_FALSE(RecordProof::parse(text)) << text;
    auto empty = example();
    empty.extra = "";
    auto text = empty.to_text();
    text.insert(text.find("index"), "extra \n");
    EXPECT_FALSE(RecordProof::parse(text));
}

TEST(RecordProof, HasLimits) {
    auto long_path = example();
    long_path.hashes.resize(proof_hashes_max + 1);
    EXPECT_EQ(RecordProof::parse(long_path.to_text()).error().code, Errc::limit);
    auto long_extra = example();
    long_extra.extra = std::string(record_proof_bytes_max, 'a');
    EXPECT_EQ(RecordProof::parse(long_extra.to_text()).error().code, Errc::limit);
}

}  // namespace
}  // namespace sallyport::tlog
