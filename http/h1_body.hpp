#pragma once

#include "http/h1_chunks.hpp"
#include "http/h1_write.hpp"
#include "http/service.hpp"
#include "http/wire_input.hpp"
#include "http/wire_output.hpp"

#include <cstdint>

namespace sallyport::http {

/// The body of the message whose head was just read from an HTTP/1.1 connection.
class BodyReader final : public Body {
public:
    explicit BodyReader(WireInput& input) : input_(input) {}

    /// After the head has been used up. `from` may be read whenever peek() finds nothing.
    void begin(h1::Framing framing, std::uint64_t bytes, net::Duplex& from);

    BytesView peek() override;
    void consume(std::size_t bytes) override;
    State state() const override { return state_; }
    Fields trailers() const override { return chunks_.trailers(); }

    /// Whether anything of the body was used, so that it cannot be given to somebody else.
    bool touched() const { return touched_; }
    /// The peer sent what is no body: cut, and no answer can repair it.
    bool malformed() const { return malformed_; }
    /// Whether its end is told by anything but the end of the connection.
    bool ends_by_itself() const { return framing_ != h1::Framing::until_close; }

private:
    BytesView at_hand();
    BytesView chunk_at_hand();
    void look_for_end();

    WireInput& input_;
    net::Duplex* from_ = nullptr;
    h1::ChunkReader chunks_;
    h1::Framing framing_ = h1::Framing::none;
    std::uint64_t left_ = 0;
    State state_ = State::ended;
    bool touched_ = false;
    bool malformed_ = false;
};

/// Writes a body to an HTTP/1.1 connection.
class BodyWriter {
public:
    explicit BodyWriter(WireOutput& output) : output_(output) {}

    void begin(h1::Framing framing, std::uint64_t bytes);
    /// A prefix; 0: no room now. Where no body belongs, everything is taken and dropped.
    std::size_t write(BytesView bytes);
    enum class Ended { complete, short_of_length };
    Ended finish(Fields trailers);
    bool finished() const { return finished_; }
    bool ends_with_connection() const { return framing_ == h1::Framing::until_close; }
    /// Bytes of content taken since begin().
    std::uint64_t taken() const { return taken_; }

private:
    static constexpr std::size_t chunk_bytes_max = 64 * 1024;
    std::size_t write_framed(BytesView bytes);
    std::size_t write_plain(BytesView bytes);
    std::size_t write_chunk(BytesView bytes);

    WireOutput& output_;
    h1::Framing framing_ = h1::Framing::none;
    std::uint64_t left_ = 0;
    std::uint64_t taken_ = 0;
    bool finished_ = false;
};

}  // namespace sallyport::http
