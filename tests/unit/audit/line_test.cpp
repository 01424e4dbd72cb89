#include "audit/line.hpp"

#include "audit/chain.hpp"
#include "audit/escape.hpp"
#include "audit/record.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::audit {
namespace {

std::string line_of(std::string_view value, std::size_t bytes_max = Line::text_bytes_max) {
    std::string out;
    Line line(out);
    line.text("v", value, bytes_max);
    line.finish();
    return out;
}

TEST(Escape, IsTheSameWhereverAByteStands) {
    constexpr std::size_t longest = 20;
    for (int byte = 0; byte < 256; ++byte)
        for (std::size_t at = 0; at < longest; ++at) {
            const std::string alone(1, static_cast<char>(byte));
            const std::string before(at, 'a');
            const std::string after(longest - at, '~');
            std::string whole;
            std::string expected = before;
            std::string text = before;
            text.append(alone).append(after);
            append_escaped(whole, text, std::string::npos);
            append_escaped(expected, alone, std::string::npos);
            EXPECT_EQ(whole, expected + after) << byte << " at " << at;
        }
}

TEST(Line, WritesTextsSoThatTheyCanBeReadOnOneLine) {
    const std::pair<std::string, std::string> cases[] = {
        {"plain /path?a=b", "plain /path?a=b"},
        {"say \"hi\" \\ there", R"(say \"hi\" \\ there)"},
        {"a\nb\tc", R"(a\u000ab\u0009c)"},
        {std::string("\0", 1), R"(\u0000)"},
        {"\x7F", R"(\u007f)"},
        {"grüße 漢字 😀", "grüße 漢字 😀"},
        {"\xC2\x9B", R"(\u009b)"},  // C1: some terminals take it for ESC [
        {"\x80",
         "\xEF\xBF\xBD"
         "80"},  // no UTF-8
        {"\xC3(",
         "\xEF\xBF\xBD"
         "c3("},  // second byte is missing
        {"\xC0\xAF",
         "\xEF\xBF\xBD"
         "c0\xEF\xBF\xBD"
         "af"},  // overlong
        {"\xED\xA0\x80",
         "\xEF\xBF\xBD"
         "ed\xEF\xBF\xBD"
         "a0\xEF\xBF\xBD"
         "80"},  // surrogate
        {"\xEF\xBF\xBD",
         "\xEF\xBF\xBD"
         "ef\xEF\xBF\xBD"
         "bf\xEF\xBF\xBD"
         "bd"},  // the mark itself
    };
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(line_of(value), "{\"v\":\"" + expected + "\"}\n");
}

TEST(Line, EveryTextComesBackByteForByte) {
    std::string all;
    for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
    const std::string values[] = {all, "ü\x80ü", "\xEF\xBF\xBD", std::string("\xEF\xBF\xBD") + "80",
                                  "😀\xF0\x9F"};
    for (const auto& value : values) {
        const auto object = boost::json::parse(line_of(value)).as_object();
        EXPECT_EQ(unmark(object.at("v").as_string()), value);
    }
}

TEST(Line, LeavesOutWhatIsEmpty) { EXPECT_EQ(line_of(""), "{}\n"); }

TEST(Line, CutsLongTextsBetweenCharactersAndSaysSo) {
    EXPECT_EQ(line_of("abcdef", 4), "{\"v\":\"abcd\",\"cut\":{\"v\":6}}\n");
    EXPECT_EQ(line_of("abcd", 4), "{\"v\":\"abcd\"}\n");
    EXPECT_EQ(line_of("aüb", 2), "{\"v\":\"a\",\"cut\":{\"v\":4}}\n");
    EXPECT_EQ(line_of("a\n", 6), "{\"v\":\"a\",\"cut\":{\"v\":2}}\n");
}

TEST(Line, TheWorstRecordsFitTheLimit) {
    const std::string bad(100'000, '\x01');
    const ExchangeBegin begin{.exchange = bad,
                              .tenant = bad,
                              .client = bad,
                              .hub = bad,
                              .location = bad,
                              .agent = bad,
                              .user = bad,
                              .principal = bad,
                              .virtual_host = bad,
                              .internal_host = bad,
                              .method = bad,
                              .path = bad,
                              .rule = bad,
                              .decision = bad};
    const ExchangeEnd end{.exchange = bad,
                          .outcome = bad,
                          .reason = bad,
                          .tenant = bad,
                          .client = bad,
                          .hub = bad,
                          .location = bad,
                          .user = bad,
                          .virtual_host = bad,
                          .method = bad,
                          .path = bad,
                          .rule = bad};
    Chain chain(Sequence{1} << 61, chain_start, std::string(36, 'b'));
    chain.set_configuration(std::string(64, 'c'));
    const Instant now{.wall = *parse_rfc3339("9999-12-31T23:59:59.999999Z"),
                      .mono = std::chrono::nanoseconds::max()};
    std::string out;
    std::string disclosures;
    chain.append(out, disclosures, now, begin);
    EXPECT_LE(out.size(), record_bytes_max);
    EXPECT_TRUE(parse_record(out));
    out.clear();
    chain.append(out, disclosures, now, PairedEnd{end, {}});
    EXPECT_LE(out.size(), record_bytes_max);
    EXPECT_TRUE(parse_record(out));
}

}  // namespace
}  // namespace sallyport::audit
