// Numbers, hashes and names as notes spell them. Each has one spelling: what is signed is bytes,
// and two texts for one meaning would be two logs.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::tlog {

inline constexpr std::size_t key_name_bytes_max = 255;

/// Valid UTF-8 (RFC 3629) without control characters below U+0020, but for line ends.
bool is_note_text(std::string_view text);
/// The same without line ends; not empty, no Unicode space, no plus.
bool is_key_name(std::string_view text);

/// RFC 4648 section 4 with padding, nothing else.
Result<Bytes> parse_base64(std::string_view text);

/// Base64 of 32 bytes.
Result<Hash> parse_hash(std::string_view text);
std::string to_text(const Hash& hash);

/// Decimal without leading zeroes, up to tree_size_max.
Result<std::uint64_t> parse_size(std::string_view text);

/// Takes a line off the front, without its end; nothing if none is complete.
std::optional<std::string_view> take_line(std::string_view& text);

}  // namespace sallyport::tlog
