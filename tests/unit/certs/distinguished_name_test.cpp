#include "certs/distinguished_name.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

std::string text_of(NameAttribute attribute, std::string_view value) {
    DistinguishedName name;
    const auto added = name.add(attribute, value);
    return added ? name.text() : "";
}

std::string cn(std::string_view value) { return text_of(NameAttribute::common_name, value); }

TEST(DistinguishedName, IsWrittenAsRfc4514WantsIt) {
    EXPECT_EQ(cn("jane.doe"), "CN=jane.doe");
    EXPECT_EQ(cn("Doe, Jane"), "CN=Doe\\, Jane");
    EXPECT_EQ(cn("#1"), "CN=\\#1");
    EXPECT_EQ(cn("a#1"), "CN=a#1");
    EXPECT_EQ(cn("a+b;c<d>e\"f\\g=h"), "CN=a\\+b\\;c\\<d\\>e\\\"f\\\\g\\=h");
    EXPECT_EQ(cn("Zo\xc3\xab"), "CN=Zo\xc3\xab");
}

TEST(DistinguishedName, NoValueBecomesASecondPart) {
    DistinguishedName name;
    ASSERT_TRUE(name.add(NameAttribute::common_name, "jane,OU=admins+CN=root"));
    ASSERT_TRUE(name.add(NameAttribute::organisational_unit, "sales"));
    ASSERT_EQ(name.parts().size(), 2u);
    EXPECT_EQ(name.parts()[0].value, "jane,OU=admins+CN=root");
    EXPECT_EQ(name.text(), "CN=jane\\,OU\\=admins\\+CN\\=root,OU=sales");
}

TEST(DistinguishedName, LengthsAreThoseOfX520InCharacters) {
    const auto repeated = [](std::string_view text, int times) {
        std::string out;
        while (times-- > 0) out += text;
        return out;
    };
    EXPECT_NE(cn(repeated("a", 64)), "");
    EXPECT_EQ(cn(repeated("a", 65)), "");
    EXPECT_NE(cn(repeated("\xc3\xab", 64)), "");
    EXPECT_EQ(cn(repeated("\xc3\xab", 65)), "");
    EXPECT_NE(text_of(NameAttribute::state, repeated("a", 128)), "");
    EXPECT_EQ(text_of(NameAttribute::state, repeated("a", 129)), "");
    EXPECT_EQ(text_of(NameAttribute::user_id, repeated("a", 257)), "");
    EXPECT_EQ(text_of(NameAttribute::email, repeated("a", 256)), "");
    EXPECT_EQ(text_of(NameAttribute::country, "DE"), "C=DE");
    EXPECT_EQ(text_of(NameAttribute::country, "DEU"), "");
    EXPECT_EQ(text_of(NameAttribute::country, "D1"), "");
    DistinguishedName full;
    for (std::size_t i = 0; i < DistinguishedName::parts_max; ++i)
        EXPECT_TRUE(full.add(NameAttribute::organisational_unit, "x"));
    EXPECT_EQ(full.add(NameAttribute::organisational_unit, "x").error().code, Errc::limit);
}

TEST(DistinguishedName, WhatNobodySeesIsRefused) {
    using namespace std::string_literals;
    for (const auto& value :
         {""s, " jane"s, "jane "s, "jane  doe"s, "a\0b"s, "a\nb"s, "a\x7f"s, "a\xc2\x80z"s,
          "a\xc2\xa0z"s, "a\xc2\xadz"s, "a\xe2\x80\x8bz"s, "a\xe2\x80\xaez"s, "a\xe2\x80\xa8z"s,
          "a\xe3\x80\x80z"s, "\xef\xbb\xbf"s + "a", "a\xf3\xa0\x80\x81z"s})
        EXPECT_EQ(cn(value), "") << value;
}

TEST(DistinguishedName, InvalidUtf8IsRefused) {
    for (const std::string_view value :
         {"\xff", "\x80", "a\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
          "\xf8\x88\x80\x80\x80"})
        EXPECT_EQ(cn(value), "");
}

TEST(DistinguishedName, EmailIsAscii) {
    EXPECT_EQ(text_of(NameAttribute::email, "jane@corp.example"), "EMAIL=jane@corp.example");
    EXPECT_EQ(text_of(NameAttribute::email, "zo\xc3\xab@corp.example"), "");
    EXPECT_EQ(text_of(NameAttribute::email, "jane doe@corp.example"), "");
}

TEST(DistinguishedName, ErrorsDoNotRepeatTheValue) {
    DistinguishedName name;
    const auto added = name.add(NameAttribute::common_name, "secret\x01");
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().detail.find("secret"), std::string::npos);
}

TEST(NameAttribute, IsReadInTheSpellingsInUse) {
    EXPECT_EQ(name_attribute("cn"), NameAttribute::common_name);
    EXPECT_EQ(name_attribute("E"), NameAttribute::email);
    EXPECT_EQ(name_attribute("emailAddress"), NameAttribute::email);
    EXPECT_EQ(name_attribute("uid"), NameAttribute::user_id);
    EXPECT_FALSE(name_attribute("DC"));
    EXPECT_FALSE(name_attribute(""));
}

}  // namespace
}  // namespace sallyport::certs
