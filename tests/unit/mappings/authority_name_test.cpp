#include "mappings/authority_name.hpp"

#include <gtest/gtest.h>

namespace sallyport::mappings {
namespace {

TEST(AuthorityName, HasAPortAlways) {
    EXPECT_EQ(name_of_authority("web.virtual"), "web.virtual:80");
    EXPECT_EQ(name_of_authority("web.virtual:80"), "web.virtual:80");
    EXPECT_EQ(name_of_authority("Web.Virtual:443"), "web.virtual:443");
    EXPECT_EQ(name_of_authority("sap.virtual:sapgw00"), "sap.virtual:3300");
}

TEST(AuthorityName, WhatIsNoneStaysAsItIs) {
    for (const auto* odd : {"", ":", "a:b:c", "[::1]:80", "x:0", "\xff"})
        EXPECT_EQ(name_of_authority(odd), odd);
}

}  // namespace
}  // namespace sallyport::mappings
