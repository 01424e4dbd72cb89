// What a witness signs with its time, C2SP tlog-cosignature.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::tlog {

inline constexpr std::size_t cosignature_time_bytes = 8;
inline constexpr std::size_t ed25519_signature_bytes = 64;
/// In seconds since 1970.
inline constexpr std::uint64_t cosignature_time_max = (std::uint64_t{1} << 63) - 1;

inline std::string cosigned_text(std::uint64_t seconds, std::string_view note_text) {
    return "cosignature/v1\ntime " + std::to_string(seconds) + '\n' + std::string(note_text);
}

}  // namespace sallyport::tlog
