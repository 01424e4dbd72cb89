#include "rfc/text.hpp"

#include <gtest/gtest.h>

namespace sallyport::rfc {
namespace {

using namespace std::string_view_literals;

struct Reading {
    std::string_view bytes;
    Refusal refusal;
    std::string_view name = {};
};

constexpr auto unparsable = Refusal::unparsable;
constexpr auto not_canonical = Refusal::not_canonical;

TEST(FunctionName, IsReadInThreeCodePagesAndNoOther) {
    const Reading readings[] = {
        {"RFC_PING", Refusal::none, "RFC_PING"},
        {"R\0F\0C\0"sv, Refusal::none, "RFC"},
        {"\0R\0F\0C"sv, Refusal::none, "RFC"},
        {"RFC  ", Refusal::none, "RFC"},
        {"RFC\0\0"sv, Refusal::none, "RFC"},
        {"R\0F\0 \0 \0"sv, Refusal::none, "RF"},
        {"\0R\0F\0\0\0 "sv, Refusal::none, "RF"},
        {"/NS/DO.IT", Refusal::none, "/NS/DO.IT"},
        {"", unparsable},
        {"   ", unparsable},
        {"\0\0\0\0"sv, unparsable},
        {"R\0F\0C"sv, unparsable},
        {"R\0F\0\0C"sv, not_canonical},
        {"RF\0C"sv, not_canonical},
        {"R\0F\0\0\0C\0"sv, not_canonical},
        {" RFC", not_canonical},
        {"rfc", not_canonical},
        {".RFC", not_canonical},
        {"RF C", not_canonical},
        {"RFC\n", not_canonical},
        {"R\xc4", not_canonical},
        {"\x21\xff"sv, not_canonical},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ1234", Refusal::none, "ABCDEFGHIJKLMNOPQRSTUVWXYZ1234"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ12345", not_canonical},
    };
    for (const auto& one : readings) {
        ShortText name;
        EXPECT_EQ(to_text(read_function_name(as_bytes(one.bytes), name)), to_text(one.refusal))
            << to_hex(as_bytes(one.bytes));
        EXPECT_EQ(name.view(), one.name);
    }
}

TEST(FunctionName, MayHaveEightyBytes) {
    ShortText name;
    const auto padded = "Z" + std::string(name_item_bytes_max - 1, ' ');
    EXPECT_EQ(read_function_name(as_bytes(padded), name), Refusal::none);
    EXPECT_EQ(read_function_name(as_bytes(padded + " "), name), Refusal::unparsable);
}

TEST(CodePage, IsTheOneOfTheHeader) {
    const auto page = [](std::string_view hex) {
        return code_page_of_header(from_hex(hex).value());
    };
    EXPECT_EQ(page("0301010101010000"), CodePage::ascii);
    EXPECT_EQ(page("0101010504010003"), CodePage::utf16_le);
    EXPECT_EQ(page("0402010504010002"), CodePage::utf16_be);
    EXPECT_EQ(page("0402010504010009"), std::nullopt);
    EXPECT_EQ(page("04020105"), std::nullopt);
    EXPECT_EQ(code_page_of_digits(as_bytes("4103")), CodePage::utf16_le);
    EXPECT_EQ(code_page_of_digits(as_bytes("8000")), std::nullopt);
}

TEST(Text, IsWrittenInACodePage) {
    Bytes out;
    append_text(out, "A\x01", CodePage::ascii);
    append_text(out, "B", CodePage::utf16_le);
    append_text(out, "C", CodePage::utf16_be);
    EXPECT_EQ(as_text(out), "A?B\0\0C"sv);
}

}  // namespace
}  // namespace sallyport::rfc
