#pragma once

#include "base/bytes.hpp"
#include "rfc/policy.hpp"
#include "rfc/refusal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

/// Text inside items (docs/RFC.md#text). Each side writes in its own code page.
namespace sallyport::rfc {

enum class CodePage : std::uint8_t {
    ascii,     // 1100 and the other one-byte pages, as far as ASCII goes
    utf16_be,  // 4102
    utf16_le,  // 4103
};

/// Of item 0101 (8 bytes); nothing if it says what no published capture says.
std::optional<CodePage> code_page_of_header(BytesView item_0101);
/// Of four ASCII digits, e.g. "4103" in the gateway's ALLOCATE reply.
std::optional<CodePage> code_page_of_digits(BytesView digits);

/// Appends ASCII text in a code page; what is not printable becomes '?'.
void append_text(Bytes& out, std::string_view text, CodePage page);

/// Bytes of an item that names a function, a user or a client: 30 characters in UTF-16, blanks.
inline constexpr std::size_t name_item_bytes_max = 80;

/// Short text, read from an item into place.
class ShortText {
public:
    std::string_view view() const { return {characters_.data(), size_}; }
    bool empty() const { return size_ == 0; }
    void clear() { size_ = 0; }
    void assign(std::string_view text);  // its start, if it is too long
    void append(char c) { characters_[size_++] = c; }
    void cut_end();  // of blanks and NULs

private:
    std::array<char, name_item_bytes_max> characters_{};
    std::size_t size_ = 0;
};

/// Reads printable ASCII in any of the three code pages, told apart by where the zero bytes stand,
/// and cuts blanks and NULs off its end. Refusals: unparsable (no text at all, too long, a half
/// character), not_canonical (mixed widths, NUL inside, other characters).
Refusal read_text(BytesView value, ShortText& text);

/// read_text(), and the name is one that is_function_name() likes; else not_canonical.
Refusal read_function_name(BytesView value, ShortText& name);

}  // namespace sallyport::rfc
