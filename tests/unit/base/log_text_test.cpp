#include "base/log_text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace sallyport::log {
namespace {

std::string text(std::string_view value) {
    std::string out;
    append_text(out, value);
    return out;
}

std::string json(std::string_view value) {
    std::string out;
    append_json(out, value);
    return out;
}

struct Row {
    std::string_view value;
    std::string_view text;
    std::string_view json;
};

constexpr auto rows = std::to_array<Row>({
    {"plain-1.0:/x", "plain-1.0:/x", R"("plain-1.0:/x")"},
    {"", R"("")", R"("")"},
    {"two words", R"("two words")", R"("two words")"},
    {"a=b c=d", R"("a=b c=d")", R"("a=b c=d")"},
    {R"(say "hi" \o/)", R"("say \"hi\" \\o/")", R"("say \"hi\" \\o/")"},
    {"x\nlevel=error", R"("x\x0alevel=error")", R"("x\u000alevel=error")"},
    {"x\r\ty", R"("x\x0d\x09y")", R"("x\u000d\u0009y")"},
    {std::string_view("a\0b", 3), R"("a\x00b")", R"("a\u0000b")"},
    {"\x1b[31m\x7f", R"("\x1b[31m\x7f")", R"("\u001b[31m\u007f")"},
    {"gr\xc3\xbc\xc3\x9f"
     "e",
     "\"gr\xc3\xbc\xc3\x9f"
     "e\"",
     "\"gr\xc3\xbc\xc3\x9f"
     "e\""},
    {"\xf0\x9f\x9a\xaa", "\"\xf0\x9f\x9a\xaa\"", "\"\xf0\x9f\x9a\xaa\""},
    // What some take for the end of a line, or a terminal for a command: NEL, CSI, LS, PS.
    {"a\xc2\x85"
     "b",
     R"("a\xc2\x85b")", R"("a\u0085b")"},
    {"a\xc2\x9b"
     "2J",
     R"("a\xc2\x9b2J")", R"("a\u009b2J")"},
    {"a\xe2\x80\xa8\xe2\x80\xa9", R"("a\xe2\x80\xa8\xe2\x80\xa9")", R"("a\u2028\u2029")"},
    // What changes the direction of the rest.
    {"a\xe2\x80\xae"
     "b",
     R"("a\xe2\x80\xaeb")", R"("a\u202eb")"},
    {"a\xe2\x81\xa6"
     "b",
     R"("a\xe2\x81\xa6b")", R"("a\u2066b")"},
    // No UTF-8: a lone byte, one too few, an overlong slash, a surrogate, too large.
    {"\x80", R"("\x80")", "\"\xef\xbf\xbd\""},
    {"\xe2\x82", R"("\xe2\x82")", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xc0\xaf", R"("\xc0\xaf")", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80", R"("\xed\xa0\x80")", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf4\x90\x80\x80", R"("\xf4\x90\x80\x80")",
     "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
});

TEST(LogText, ShowsEveryValueAsOneWordOrInQuotes) {
    for (const auto& row : rows) EXPECT_EQ(text(row.value), row.text);
}

TEST(LogText, MakesJsonOfAnyBytes) {
    for (const auto& row : rows) EXPECT_EQ(json(row.value), row.json);
}

}  // namespace
}  // namespace sallyport::log
