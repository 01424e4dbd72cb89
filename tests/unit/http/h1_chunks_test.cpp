#include "http/h1_chunks.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::http::h1 {
namespace {

struct Decoded {
    std::string content;
    std::size_t used = 0;
    ChunkReader::State state = ChunkReader::State::framing;
    std::vector<std::pair<std::string, std::string>> trailers;
};

/// Reads `text` in pieces of `piece` bytes.
Decoded decode(std::string_view text, std::size_t piece = SIZE_MAX) {
    ChunkReader reader;
    reader.reset();
    Decoded decoded;
    while (decoded.used < text.size()) {
        const auto rest = text.substr(decoded.used, piece);
        if (reader.state() == ChunkReader::State::data) {
            const auto size = std::min<std::size_t>(rest.size(), reader.data_left());
            decoded.content += rest.substr(0, size);
            decoded.used += size;
            reader.took(size);
            continue;
        }
        if (reader.state() != ChunkReader::State::framing) break;
        decoded.used += reader.read_framing(rest);
    }
    decoded.state = reader.state();
    for (const auto& [name, value] : reader.trailers()) decoded.trailers.emplace_back(name, value);
    return decoded;
}

TEST(ChunkReader, GivesTheSameWhereverItIsSplit) {
    const std::string text =
        "5\r\nhello\r\n1A;name=\"value\"\r\nabcdefghijklmnopqrstuvwxyz\r\n000\r\n"
        "Grpc-Status: 0\r\nX:\r\n\r\nnext";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, SIZE_MAX}) {
        const auto decoded = decode(text, piece);
        ASSERT_EQ(decoded.state, ChunkReader::State::ended) << piece;
        EXPECT_EQ(decoded.content, "helloabcdefghijklmnopqrstuvwxyz");
        EXPECT_EQ(decoded.used, text.size() - 4);
        ASSERT_EQ(decoded.trailers.size(), 2U);
        EXPECT_EQ(decoded.trailers[0].first, "grpc-status");
        EXPECT_EQ(decoded.trailers[0].second, "0");
    }
}

TEST(ChunkReader, RefusesWhatCanBeReadInTwoWays) {
    for (const std::string_view text : {"\r\n",
                                        " 5\r\n",
                                        "5 \r\n",
                                        "5\t;a\r\n",
                                        "5\nhello",
                                        "0x5\r\n",
                                        "-1\r\n",
                                        "+5\r\n",
                                        "5\rx",
                                        "g\r\n",
                                        ";a\r\n",
                                        "5;a\nb\r\n",
                                        "5;a\x01\r\n",
                                        "5\r\nhelloX\n",
                                        "5\r\nhello\n",
                                        "5\r\nhello\rX",
                                        "0\r\nA : b\r\n\r\n",
                                        "0\r\n a: b\r\n\r\n",
                                        "0\r\nA: b\n\r\n",
                                        "0\r\na\r\n\r\n",
                                        "10000000000000000\r\n",
                                        "fffffffffffffffff\r\n"})
        EXPECT_EQ(decode(text).state, ChunkReader::State::refused) << text;
}

TEST(ChunkReader, LimitsLinesExtensionsAndTrailers) {
    EXPECT_EQ(decode("5;" + std::string(300, 'a')).state, ChunkReader::State::refused);
    EXPECT_EQ(decode(std::string(300, '0')).state, ChunkReader::State::refused);
    std::string extended;
    for (int i = 0; i < 30; ++i) extended += "1;" + std::string(200, 'a') + "\r\nx\r\n";
    EXPECT_EQ(decode(extended).state, ChunkReader::State::refused);
    EXPECT_EQ(decode("0\r\na: " + std::string(9000, 'x') + "\r\n\r\n").state,
              ChunkReader::State::refused);
}

TEST(ChunkWriter, WritesWhatTheReaderReads) {
    std::string out;
    append_chunk_start(out, 0x1a2b);
    EXPECT_EQ(out, "1a2b\r\n");
    out.clear();
    append_chunk_start(out, UINT64_MAX);
    EXPECT_EQ(out, "ffffffffffffffff\r\n");
    out.clear();
    const Field trailers[] = {{"a", "b"}, {"bad", "x\r\ny"}};
    append_last_chunk(out, trailers);
    EXPECT_EQ(out, "0\r\na: b\r\n\r\n");
    EXPECT_EQ(decode(out).state, ChunkReader::State::ended);
}

}  // namespace
}  // namespace sallyport::http::h1
