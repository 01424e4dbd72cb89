// Encrypts a stream with a passphrase so that Debian's `age -d` reads it (C2SP age v1): scrypt,
// then ChaCha20-Poly1305 in pieces of 64 KiB that are numbered, the last one marked. What is cut
// off, put in another order or changed is found.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/age_header.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::certs {

inline constexpr std::size_t age_chunk_bytes = 64 * 1024;

/// One direction's counter and key: pieces in their order. Pure.
class AgeChunks {
public:
    enum class Place { within, last };

    /// `key`: 32 bytes.
    explicit AgeChunks(Secret key) : key_(std::move(key)) {}

    /// At most age_chunk_bytes; appends them encrypted, 16 bytes more.
    Result<void> seal(std::string_view plain, Place place, std::string& out);
    /// Replaces `out`. Errors: Errc::untrusted if it is not the next piece, or not whole.
    Result<void> open(std::string_view sealed, Place place, std::string& out);

private:
    std::array<std::byte, 12> next_nonce(Place place);

    Secret key_;
    std::uint64_t counter_ = 0;
};

/// What is written comes out encrypted through `sink`.
class AgeWriter {
public:
    using Sink = std::function<Result<void>(std::string_view)>;

    /// Works for about a second. Writes the head.
    static Result<AgeWriter> begin(const Secret& passphrase, Sink sink,
                                   unsigned work_factor = age_work_factor);
    Result<void> write(std::string_view plain);
    /// Without it the file is one that was cut off.
    Result<void> finish();

private:
    AgeWriter(AgeChunks chunks, Sink sink) : chunks_(std::move(chunks)), sink_(std::move(sink)) {}
    Result<void> put(AgeChunks::Place place);

    AgeChunks chunks_;
    Sink sink_;
    std::string plain_;   // less than two pieces
    std::string sealed_;  // reused
};

/// What `source` gives comes out in clear text, each piece only after it was checked.
class AgeReader {
public:
    /// Fills as much of the span as there is; 0 at the end.
    using Source = std::function<Result<std::size_t>(std::span<char>)>;

    /// Works for about a second. Errors: those of AgeHeader; Errc::unauthorized if the passphrase
    /// is another one.
    static Result<AgeReader> open(const Secret& passphrase, Source source);
    /// Some bytes; 0 only at the end of a whole file. Errors: Errc::untrusted, those of the source.
    Result<std::size_t> read(std::span<char> out);

private:
    AgeReader(AgeChunks chunks, Source source, std::string read_ahead)
        : chunks_(std::move(chunks)), source_(std::move(source)), sealed_(std::move(read_ahead)) {}
    Result<void> fill(std::size_t bytes);
    Result<void> next_piece();

    AgeChunks chunks_;
    Source source_;
    std::string sealed_;  // at most a piece and the byte behind it
    std::string plain_;
    std::size_t taken_ = 0;  // of plain_
    bool ended_ = false;     // the last piece was opened
};

}  // namespace sallyport::certs
