#include "agent/command_overrides.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

TEST(ReadEnd, TakesATimeOrHowLongFromNow) {
    const auto noon = *mappings::parse_moment("2026-06-01T12:00:00Z");
    const std::pair<const char*, const char*> good[] = {
        {"never", "never"},
        {"2026-12-31T18:00:00+01:00", "2026-12-31T18:00:00+01:00"},
        {"90m", "2026-06-01T13:30:00Z"},
        {"7d", "2026-06-08T12:00:00Z"},
        {"1ms", "2026-06-01T12:00:01Z"},
    };
    for (const auto& [text, wanted] : good) {
        const auto end = read_end(text, noon);
        ASSERT_TRUE(end) << text;
        EXPECT_EQ(*end, wanted) << text;
    }
    for (const char* text : {"", "0s", "-1h", "soon", "2026-12-31", "90", "1000000000d", "NEVER"})
        EXPECT_FALSE(read_end(text, noon)) << text;
}

}  // namespace
}  // namespace sallyport::agent
