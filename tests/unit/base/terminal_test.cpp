#include "base/terminal.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Terminal, GetsNoControlCharactersOfOthers) {
    EXPECT_EQ(for_terminal("a\tb\n"), "a\tb\n");
    EXPECT_EQ(for_terminal("\x1b[2J\rok\x7f\b"), "?[2J?ok??");
    EXPECT_EQ(for_terminal(std::string_view("a\0b", 3)), "a?b");
}

TEST(Terminal, GetsTheLettersOfAllLanguages) {
    EXPECT_EQ(for_terminal("M\xc3\xbcnchen \xe5\x96\xb6"), "M\xc3\xbcnchen \xe5\x96\xb6");
    EXPECT_EQ(for_terminal("a\xc2\x9b"
                           "2Jb"),
              "a\xc2\xbf"
              "2Jb")
        << "U+009B is ESC [ in one character";
}

}  // namespace
}  // namespace sallyport
