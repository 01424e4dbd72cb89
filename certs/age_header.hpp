// The head of a file in the format age v1 (C2SP age, https://age-encryption.org/v1) that is
// encrypted with a passphrase.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::certs {

/// Bytes of a head; one with a passphrase has about 150.
inline constexpr std::size_t age_header_bytes_max = 1024;
/// Of scrypt, as a power of two: what `age` itself takes, 256 MiB and about a second. A file that
/// asks for more is refused: it would be work for whoever reads it, before he knows who made it.
inline constexpr unsigned age_work_factor = 18;
inline constexpr unsigned age_work_factor_max = 18;

struct AgeHeader {
    std::array<std::byte, 16> salt{};
    unsigned work_factor = 0;  // log2 of scrypt's N
    std::array<std::byte, 32> wrapped_key{};
    std::array<std::byte, 32> mac{};
    /// What the MAC covers: up to and including "---".
    std::string covered{};

    /// The whole head, its last newline included. There is one spelling. Errors: Errc::malformed;
    /// Errc::unsupported if it is not for a passphrase, or of another version; Errc::limit if it
    /// asks for more work than we do.
    static Result<AgeHeader> parse(std::string_view text);
    /// Without the MAC: what it has to cover.
    static std::string to_cover(const std::array<std::byte, 16>& salt, unsigned work_factor,
                                const std::array<std::byte, 32>& wrapped_key);
    std::string to_text() const;
};

/// How long the head is that `text` begins with; 0 if its end is not there yet. Errors:
/// Errc::malformed if it is longer than allowed, or this is no such file.
Result<std::size_t> age_header_size(std::string_view text);

}  // namespace sallyport::certs
