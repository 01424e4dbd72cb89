#include "tests/support/traffic.hpp"
#include "tunnel/byte_queue.hpp"
#include "tunnel/field_arena.hpp"
#include "tunnel/line_reader.hpp"
#include "tunnel/stream_fields.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace sallyport::tunnel {
namespace {

TEST(ByteQueue, GivesBackInOrderWhatCameIn) {
    std::mt19937 dice(1);
    ByteQueue queue;
    std::size_t in = 0;
    std::size_t out = 0;
    for (int round = 0; round < 3'000; ++round) {
        Bytes piece(dice() % 5'000);
        for (auto& byte : piece) byte = test::pattern(3, in++);
        queue.append(piece);
        std::array<std::byte, 4'000> taken;
        const auto count = queue.take(std::span(taken).first(dice() % taken.size()));
        for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(taken[i], test::pattern(3, out++));
        const auto rest = std::min<std::size_t>(queue.size(), dice() % 1'000);
        for (std::size_t i = 0; i < rest; ++i)
            ASSERT_EQ(queue.view()[i], test::pattern(3, out + i));
        queue.consume(rest);
        out += rest;
        ASSERT_EQ(queue.size(), in - out);
        ASSERT_EQ(queue.empty(), in == out);
    }
}

TEST(FieldArena, KeepsEmptyNamesAndValuesApart) {
    FieldArena arena;
    arena.add("a", "");
    arena.add("", "b");
    arena.add("c", "d");
    const auto fields = arena.fields();
    ASSERT_EQ(fields.size(), 3U);
    EXPECT_EQ(fields[0].name, "a");
    EXPECT_EQ(fields[0].value, "");
    EXPECT_EQ(fields[1].value, "b");
    EXPECT_EQ(fields[2].name, "c");
    arena.rest();
    EXPECT_TRUE(arena.empty());
    EXPECT_TRUE(arena.fields().empty());
}

TEST(LineReader, CutsLinesHoweverTheyArrive) {
    const std::string_view text = "one\n\nthree\nfo";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        LineReader reader;
        std::vector<std::string> lines;
        for (std::size_t at = 0; at < text.size(); at += size)
            EXPECT_TRUE(reader.feed(as_bytes(text.substr(at, size)),
                                    [&](std::string_view line) { lines.emplace_back(line); }));
        EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "three"})) << size;
    }
}

TEST(LineReader, RefusesALineThatDoesNotEnd) {
    LineReader reader;
    const auto ignore = [](std::string_view) {};
    const std::string most(control_line_bytes_max, 'x');
    EXPECT_TRUE(reader.feed(as_bytes(most), ignore));
    EXPECT_FALSE(reader.feed(as_bytes("x"), ignore));
}

TEST(StreamFields, FieldsOfAConnectionAndReservedOnesDoNotTravel) {
    for (const auto* name : {"connection", "keep-alive", "proxy-connection", "transfer-encoding",
                             "upgrade", "content-length", "sallyport-", "sallyport-user-token",
                             "sallyport-unheard-of", ":status", ":path"})
        EXPECT_FALSE(may_travel(name)) << name;
    for (const auto* name : {"accept", "te", "connections", "x-sallyport-exchange", "cookie"})
        EXPECT_TRUE(may_travel(name)) << name;
}

}  // namespace
}  // namespace sallyport::tunnel
