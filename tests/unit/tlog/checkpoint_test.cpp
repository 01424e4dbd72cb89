#include "tlog/checkpoint.hpp"

#include "base/error.hpp"
#include "keys.hpp"
#include "naive_tree.hpp"

#include <gtest/gtest.h>

namespace sallyport::tlog {
namespace {

// The example_text of C2SP tlog-checkpoint.
constexpr std::string_view example_text =
    "example_text.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(Checkpoint, IsReadFromThreeLines) {
    const auto read = Checkpoint::parse(example_text);
    ASSERT_TRUE(read) << to_text(read.error());
    EXPECT_EQ(read->origin, "example_text.com/behind-the-sofa");
    EXPECT_EQ(read->size, 20852163U);
    EXPECT_EQ(to_base64(read->root), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    EXPECT_TRUE(read->extensions.empty());
    EXPECT_EQ(read->to_text(), example_text);
}

TEST(Checkpoint, KeepsItsExtensionLines) {
    const auto text = std::string(example_text) + "one\ntwo words\n";
    const auto read = Checkpoint::parse(text).value();
    EXPECT_EQ(read.extensions, (std::vector<std::string>{"one", "two words"}));
    EXPECT_EQ(read.to_text(), text);
}

TEST(Checkpoint, HasOneSpellingOnly) {
    const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    const std::string refused[] = {
        "",
        "o\n",
        "o\n1\n",
        "\n1\n" + root,
        "o p\n1\n" + root,
        "o\r\n1\n" + root,
        "o\n\n" + root,
        "o\n01\n" + root,
        "o\n00\n" + root,
        "o\n+1\n" + root,
        "o\n1 \n" + root,
        "o\n1\r\n" + root,
        "o\n-1\n" + root,
        "o\n0x1\n" + root,
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "o\n1\nCsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\n",
        "o\n1\nAAAA\n",
        "o\n1\n" + root + "\n",
        "o\n1\n" + root + "extension",
        "o\n1\n" + root + "a\n\nb\n",
        "o\n1\n" + root + "\t\n",
    };
    for (const auto& text : refused) EXPECT_FALSE(Checkpoint::parse(text)) << text;
    EXPECT_TRUE(Checkpoint::parse("o\n0\n" + root));
}

TEST(Checkpoint, HasLimits) {
    const std::string text(example_text);
    EXPECT_EQ(Checkpoint::parse("o\n4611686018427387905\n" + text.substr(37)).error().code,
              Errc::limit);
    auto longest = text;
    for (std::size_t i = 0; i < extension_lines_max; ++i) longest += "x\n";
    EXPECT_TRUE(Checkpoint::parse(longest));
    EXPECT_EQ(Checkpoint::parse(longest + "x\n").error().code, Errc::limit);
    EXPECT_EQ(Checkpoint::parse(text + std::string(extension_line_bytes_max + 1, 'x') + "\n")
                  .error()
                  .code,
              Errc::limit);
}

TEST(Checkpoint, CarriesTheRangeOfItsTree) {
    for (const std::size_t size : {0, 1, 2, 7, 100}) {
        const auto range = naive::range(0, naive::leaves(size));
        const auto text = Checkpoint::with_range("log", range).to_text();
        EXPECT_EQ(Checkpoint::parse(text)->range().value(), range);
    }
}

TEST(Checkpoint, WithARangeOfAnotherTreeIsRefused) {
    const auto good = Checkpoint::with_range("log", naive::range(0, naive::leaves(7)));
    auto other_hash = good;
    other_hash.extensions[1] = other_hash.extensions[0];
    EXPECT_EQ(other_hash.range().error().code, Errc::malformed);
    auto missing = good;
    missing.extensions.pop_back();
    EXPECT_EQ(missing.range().error().code, Errc::malformed);
    auto text = good;
    text.extensions[0] = "text";
    EXPECT_EQ(text.range().error().code, Errc::malformed);
}

TEST(Notes, OneAfterTheOtherAreTakenOneByOne) {
    const auto log = test::signer("log");
    const auto witness = test::cosigner("witness");
    const auto first = test::signed_by(log, std::string(example_text));
    auto second = test::signed_by(log, std::string(example_text) + "extension\n");
    second.add(witness.cosign(second.text, 7).value());
    const auto notes = first.to_text() + second.to_text() + first.to_text();
    for (std::size_t cut = 0; cut <= notes.size(); ++cut) {
        auto rest = std::string_view(notes).substr(0, cut);
        std::string taken;
        while (const auto note = take_note(rest)) {
            EXPECT_TRUE(Note::parse(*note)) << cut;
            taken += *note;
        }
        EXPECT_EQ(taken + std::string(rest), notes.substr(0, cut));
        EXPECT_TRUE(rest.empty() || cut < notes.size());
    }
}

}  // namespace
}  // namespace sallyport::tlog
