#include "http/h1_body.hpp"

#include <algorithm>
#include <array>

namespace sallyport::http {

using h1::ChunkReader;
using h1::Framing;

void BodyReader::begin(Framing framing, std::uint64_t bytes, net::Duplex& from) {
    framing_ = framing;
    left_ = bytes;
    from_ = &from;
    touched_ = malformed_ = false;
    chunks_.reset();
    const bool empty = framing == Framing::none || framing == Framing::length_only ||
                       (framing == Framing::length && bytes == 0);
    state_ = empty ? State::ended : State::flowing;
}

BytesView BodyReader::peek() {
    if (state_ != State::flowing) return {};
    auto found = at_hand();
    while (found.empty() && state_ == State::flowing && from_->readable()) {
        if (input_.fill(*from_) != WireInput::Fill::some) break;
        found = at_hand();
    }
    if (found.empty()) look_for_end();
    return found;
}

BytesView BodyReader::at_hand() {
    if (framing_ == Framing::chunked) return chunk_at_hand();
    const auto unused = std::as_bytes(input_.unused());
    if (framing_ == Framing::until_close) return unused;
    return unused.first(std::min<std::uint64_t>(unused.size(), left_));
}

BytesView BodyReader::chunk_at_hand() {
    const auto framing = chunks_.read_framing(input_.unused());
    input_.use(framing);
    touched_ = touched_ || framing > 0;
    switch (chunks_.state()) {
        case ChunkReader::State::framing:
            return {};
        case ChunkReader::State::data:
            break;
        case ChunkReader::State::ended:
            state_ = State::ended;
            return {};
        case ChunkReader::State::refused:
            malformed_ = true;
            state_ = State::cut;
            return {};
    }
    const auto unused = std::as_bytes(input_.unused());
    return unused.first(std::min<std::uint64_t>(unused.size(), chunks_.data_left()));
}

void BodyReader::look_for_end() {
    if (state_ != State::flowing) return;
    if (input_.ended())
        state_ = framing_ == Framing::until_close ? State::ended : State::cut;
    else if (input_.failed())
        state_ = State::cut;
}

void BodyReader::consume(std::size_t bytes) {
    if (bytes == 0) return;
    touched_ = true;
    input_.use(bytes);
    if (framing_ == Framing::chunked) return chunks_.took(bytes);
    if (framing_ != Framing::length) return;
    left_ -= bytes;
    if (left_ == 0) state_ = State::ended;
}

void BodyWriter::begin(Framing framing, std::uint64_t bytes) {
    framing_ = framing;
    left_ = bytes;
    taken_ = 0;
    finished_ = false;
}

std::size_t BodyWriter::write(BytesView bytes) {
    const auto taken = write_framed(bytes);
    taken_ += taken;
    return taken;
}

std::size_t BodyWriter::write_framed(BytesView bytes) {
    switch (framing_) {
        case Framing::none:
        case Framing::length_only:
            return bytes.size();
        case Framing::chunked:
            return write_chunk(bytes);
        case Framing::until_close:
            return write_plain(bytes);
        case Framing::length:
            break;
    }
    if (left_ == 0) return bytes.size();  // beyond the length that was announced
    const auto taken = write_plain(bytes.first(std::min<std::uint64_t>(bytes.size(), left_)));
    left_ -= taken;
    return taken;
}

std::size_t BodyWriter::write_plain(BytesView bytes) {
    if (output_.failed()) return bytes.size();
    if (bytes.size() >= WireOutput::direct_bytes_min) {
        const auto taken = output_.write_through(std::span(&bytes, 1));
        return output_.failed() ? bytes.size() : taken;
    }
    if (!output_.room()) return 0;
    output_.buffer().append(as_text(bytes));
    output_.send();
    return bytes.size();
}

std::size_t BodyWriter::write_chunk(BytesView bytes) {
    static constexpr std::string_view end = "\r\n";
    if (output_.failed() || bytes.empty()) return bytes.size();
    if (!output_.room()) return 0;
    const auto chunk = bytes.first(std::min(bytes.size(), chunk_bytes_max));
    h1::append_chunk_start(output_.buffer(), chunk.size());
    std::size_t out = 0;
    if (chunk.size() >= WireOutput::direct_bytes_min) {
        const std::array<BytesView, 2> parts = {chunk, as_bytes(end)};
        out = output_.write_through(parts);
    }
    // The size is said: what the peer did not take of the chunk has to wait here.
    auto& rest = output_.buffer();
    rest.append(as_text(chunk.subspan(std::min(out, chunk.size()))));
    rest.append(end.substr(out - std::min(out, chunk.size())));
    output_.send();
    return chunk.size();
}

BodyWriter::Ended BodyWriter::finish(Fields trailers) {
    finished_ = true;
    if (framing_ == Framing::length && left_ > 0) return Ended::short_of_length;
    if (framing_ != Framing::chunked || output_.failed()) return Ended::complete;
    h1::append_last_chunk(output_.buffer(), trailers);
    output_.send();
    return Ended::complete;
}

}  // namespace sallyport::http
