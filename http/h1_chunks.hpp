#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sallyport::http::h1 {

/// Reads the chunked coding (RFC 9112 section 7.1) piece by piece, wherever it is split. Strict:
/// hexadecimal digits, then CRLF or an extension, which is ignored; no blank, no bare LF.
class ChunkReader {
public:
    static constexpr std::size_t line_bytes_max = 256;        // a size with its extensions
    static constexpr std::size_t extension_bytes_max = 4096;  // of all chunks of a body
    static constexpr std::size_t trailer_bytes_max = 8192;
    static constexpr std::uint64_t chunk_bytes_max = std::uint64_t{1} << 60;

    enum class State {
        framing,  // needs more bytes
        data,     // data_left() bytes of content come next
        ended,    // the final empty line has been read; trailers() are there
        refused,  // not a chunked body: cut the connection
    };

    void reset();
    /// Reads framing up to the next content byte or the end, and says how many bytes it took.
    std::size_t read_framing(std::span<const char> bytes);
    /// Content was taken; at most data_left().
    void took(std::uint64_t bytes);

    State state() const { return state_; }
    std::uint64_t data_left() const { return left_; }
    /// Valid until reset().
    Fields trailers() const { return trailers_; }

private:
    enum class Expect {
        size,
        more_size,
        extension,
        size_lf,
        data_cr,
        data_lf,
        trailer,
        trailer_lf
    };
    bool read_byte(char c);
    bool read_size(char c);
    bool end_of_size();
    bool read_trailer(char c);
    bool end_of_trailer_line();

    State state_ = State::framing;
    Expect expect_ = Expect::size;
    std::uint64_t left_ = 0;
    std::size_t line_bytes_ = 0;
    std::size_t extension_bytes_ = 0;
    std::size_t trailer_line_ = 0;  // where the current line starts in text_
    std::string text_;              // the trailer section
    std::vector<Field> trailers_;
};

/// "1a2b\r\n"; the content and "\r\n" follow.
void append_chunk_start(std::string& out, std::uint64_t bytes);
/// "0\r\n", the trailers, "\r\n".
void append_last_chunk(std::string& out, Fields trailers);

}  // namespace sallyport::http::h1
