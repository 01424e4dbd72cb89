#include "rfc/items.hpp"

#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc::testing {
namespace {

struct Chain {
    std::vector<std::uint16_t> tags{};
    std::vector<std::string> values{};
    ItemReader::Defect defect = ItemReader::Defect::none;
    bool ended = false;

    bool operator==(const Chain&) const = default;
};

Chain read(BytesView bytes, std::size_t piece = SIZE_MAX) {
    ItemReader reader;
    Chain chain;
    while (!bytes.empty()) {
        auto part = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(part.size());
        while (reader.next(part)) {
            chain.tags.push_back(reader.item().tag);
            chain.values.emplace_back(as_text(reader.item().value));
        }
        if (reader.defect() != ItemReader::Defect::none) break;
    }
    chain.defect = reader.defect();
    chain.ended = reader.ended();
    return chain;
}

TEST(ItemReader, ReadsAChainToItsEnd) {
    const auto items = Items().add(0x0502).add(0x000b, "754").add(0x0203, "value").end().bytes();
    const auto chain = read(items);
    EXPECT_EQ(chain.tags, (std::vector<std::uint16_t>{0x0502, 0x000b, 0x0203, 0xffff}));
    EXPECT_EQ(chain.values, (std::vector<std::string>{"", "754", "value", ""}));
    EXPECT_TRUE(chain.ended);
}

TEST(ItemReader, ComesToTheSameWhereverItIsCut) {
    const Bytes chains[] = {
        Items().add(0x0102, "NAME").add(0x0203, std::string(300, 'v')).end().bytes(),
        Items().raw({"\x02\x03\xff\xff\0\0\0\x05hello\x02\x03", 15}).end().bytes(),
        Items().add(0x0102, "NAME").raw("\x01\x02").bytes(),
        Items().raw({"\x01\x02\0\x01x\x01\x03", 7}).end().bytes(),
    };
    for (const auto& chain : chains) {
        const auto whole = read(chain);
        for (std::size_t piece = 1; piece < 20; ++piece)
            EXPECT_EQ(read(chain, piece), whole) << piece;
    }
}

TEST(ItemReader, KeepsTheStartOfALongValue) {
    const auto items = Items().add(0x0203, std::string(500, 'v')).bytes();
    EXPECT_EQ(read(items).values.at(0), std::string(ItemReader::kept_bytes, 'v'));
    EXPECT_EQ(read(items, 7).values.at(0), std::string(ItemReader::kept_bytes, 'v'));
}

TEST(ItemReader, KeepsNoPassword) {
    const auto items = Items().add(tag::password, "seed1234").add(tag::ticket, "AjEx").bytes();
    EXPECT_EQ(read(items).values, (std::vector<std::string>{"", ""}));
    EXPECT_EQ(read(items, 3).values, (std::vector<std::string>{"", ""}));
}

TEST(ItemReader, NamesWhatIsWrong) {
    using Defect = ItemReader::Defect;
    struct Case {
        std::string_view bytes;
        Defect defect;
    };
    const Case cases[] = {
        {{"\x01\x02\0\0\x01\x03", 6}, Defect::closing_tag},
        {{"\x01\x02\xff\xff\0\0\0\x01x\x01\x02", 11}, Defect::length_form},
        {{"\x01\xff\xff\xff", 4}, Defect::length_form},
        {{"\xff\xff\xff\xff\0\0\0\0", 8}, Defect::length_form},
        {{"\x02\x03\xff\xff\xff\xff\xff\xff", 8}, Defect::too_long},
        {{"\xff\xff\0\0\xff\xff\0", 7}, Defect::after_the_end},
        {{"\xff\xff\0\x01x\xff\xff", 7}, Defect::end_with_value},
        {{"\x02\x03\xff\xff\0\0\0\x01x\x02\x03", 11}, Defect::none},
    };
    for (const auto& one : cases) {
        EXPECT_EQ(read(as_bytes(one.bytes)).defect, one.defect) << to_hex(as_bytes(one.bytes));
        EXPECT_EQ(read(as_bytes(one.bytes), 1).defect, one.defect) << to_hex(as_bytes(one.bytes));
    }
}

TEST(ItemReader, CountsItems) {
    const auto item = Items().add(0x0306).bytes();
    ItemReader reader;
    std::uint32_t seen = 0;
    for (;; ++seen) {
        BytesView one = item;
        if (!reader.next(one)) break;
    }
    EXPECT_EQ(seen, items_max);
    EXPECT_EQ(reader.defect(), ItemReader::Defect::too_many);
}

TEST(KnownTags, AreThoseOfDescriptions) {
    for (const int tag : {0x0102, 0x0203, 0x0667, 0x5001, 0xffff})
        EXPECT_TRUE(is_known_tag(static_cast<std::uint16_t>(tag)));
    for (const int tag : {0x0000, 0x7777, 0xfffe})
        EXPECT_FALSE(is_known_tag(static_cast<std::uint16_t>(tag)));
}

}  // namespace
}  // namespace sallyport::rfc::testing
