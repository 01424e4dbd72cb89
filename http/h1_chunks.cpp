#include "http/h1_chunks.hpp"

#include "http/h1_characters.hpp"
#include "http/h1_codec.hpp"
#include "http/h1_write.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace sallyport::http::h1 {
namespace {

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

void ChunkReader::reset() {
    state_ = State::framing;
    expect_ = Expect::size;
    left_ = 0;
    line_bytes_ = extension_bytes_ = trailer_line_ = 0;
    text_.clear();
    trailers_.clear();
}

std::size_t ChunkReader::read_framing(std::span<const char> bytes) {
    std::size_t used = 0;
    while (state_ == State::framing && used < bytes.size())
        if (!read_byte(bytes[used++])) state_ = State::refused;
    return used;
}

void ChunkReader::took(std::uint64_t bytes) {
    assert(state_ == State::data && bytes <= left_);
    left_ -= bytes;
    if (left_ > 0) return;
    state_ = State::framing;
    expect_ = Expect::data_cr;
}

bool ChunkReader::read_byte(char c) {
    switch (expect_) {
        case Expect::size:
        case Expect::more_size:
            return read_size(c);
        case Expect::extension:
            if (c == '\r') {
                expect_ = Expect::size_lf;
                return true;
            }
            return !is_control(c) && ++line_bytes_ <= line_bytes_max &&
                   ++extension_bytes_ <= extension_bytes_max;
        case Expect::size_lf:
            return c == '\n' && end_of_size();
        case Expect::data_cr:
            expect_ = Expect::data_lf;
            return c == '\r';
        case Expect::data_lf:
            expect_ = Expect::size;
            return c == '\n';
        case Expect::trailer:
            return read_trailer(c);
        case Expect::trailer_lf:
            return c == '\n' && end_of_trailer_line();
    }
    return false;
}

bool ChunkReader::read_size(char c) {
    const int digit = hex_value(c);
    if (digit >= 0) {
        if (left_ > chunk_bytes_max / 16 || ++line_bytes_ > line_bytes_max) return false;
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        expect_ = Expect::more_size;
        return true;
    }
    if (expect_ == Expect::size) return false;  // not one digit
    if (c == '\r') expect_ = Expect::size_lf;
    if (c == ';') expect_ = Expect::extension;
    return c == '\r' || c == ';';
}

bool ChunkReader::end_of_size() {
    line_bytes_ = 0;
    if (left_ > 0)
        state_ = State::data;
    else
        expect_ = Expect::trailer;
    return true;
}

bool ChunkReader::read_trailer(char c) {
    if (text_.size() >= trailer_bytes_max) return false;
    text_ += c;
    if (c == '\r') expect_ = Expect::trailer_lf;
    return c != '\n';
}

bool ChunkReader::end_of_trailer_line() {
    const bool empty_line = text_.size() == trailer_line_ + 1;
    if (!empty_line) {
        text_ += '\n';
        trailer_line_ = text_.size();
        expect_ = Expect::trailer;
        return true;
    }
    state_ = State::ended;
    text_.pop_back();  // the CR of the empty line
    return parse_trailers(text_, trailers_);
}

void append_chunk_start(std::string& out, std::uint64_t bytes) {
    std::array<char, 18> text;
    std::size_t at = text.size();
    text[--at] = '\n';
    text[--at] = '\r';
    do {
        text[--at] = "0123456789abcdef"[bytes % 16];
        bytes /= 16;
    } while (bytes > 0);
    out.append(text.data() + at, text.size() - at);
}

void append_last_chunk(std::string& out, Fields trailers) {
    out += "0\r\n";
    for (const auto& trailer : trailers) append_field(out, trailer.name, trailer.value);
    out += "\r\n";
}

}  // namespace sallyport::http::h1
