#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::hub {

/// The id of one exchange: 26 characters of Crockford's base 32, made of 48 bits of Unix time in
/// milliseconds and 80 random bits (the layout of a ULID): ids sort by time and cannot be guessed.
class ExchangeId {
public:
    /// `time_ms`: Unix time in milliseconds; `random`: 10 bytes from a cryptographic source.
    ExchangeId(std::uint64_t time_ms, std::span<const std::byte, 10> random);
    std::string_view text() const { return {text_.data(), text_.size()}; }

private:
    std::array<char, 26> text_;
};

/// Random bytes for ids, fetched from the kernel in blocks. One per loop.
class RandomBlock {
public:
    std::span<const std::byte, 10> next();

private:
    std::array<std::byte, 1000> block_;
    std::size_t used_ = 1000;
};

}  // namespace sallyport::hub
