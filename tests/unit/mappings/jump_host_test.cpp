#include "mappings/jump_host.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport::mappings {
namespace {

TEST(JumpHost, IsAUserAHostAndAPort) {
    const auto jump = parse_jump_host("ssh://tunnel@jump.corp:2222");
    ASSERT_TRUE(jump);
    EXPECT_EQ(jump->user, "tunnel");
    EXPECT_EQ(jump->host, "jump.corp");
    EXPECT_EQ(jump->port, 2222);
    EXPECT_EQ(jump->text(), "ssh://tunnel@jump.corp:2222");
}

TEST(JumpHost, HasPort22ByDefaultAndMayBeAnAddress) {
    EXPECT_EQ(parse_jump_host("ssh://t@jump.corp")->text(), "ssh://t@jump.corp:22");
    EXPECT_EQ(parse_jump_host("ssh://t@[::1]:22")->text(), "ssh://t@[::1]:22");
}

TEST(JumpHost, IsNothingElse) {
    for (const char* url :
         {"", "ssh://", "ssh://jump.corp", "ssh://@jump.corp", "ssh://t@", "ssh://t@jump.corp:0",
          "ssh://t@jump.corp:22/folder", "ssh://t:secret@jump.corp", "sftp://t@jump.corp",
          "jump.corp:22", "ssh://t@jump.corp:22-23", "ssh://t@jump corp"})
        EXPECT_FALSE(parse_jump_host(url)) << url;
}

}  // namespace
}  // namespace sallyport::mappings
