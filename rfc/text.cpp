#include "rfc/text.hpp"

#include "rfc/big_endian.hpp"

#include <algorithm>

namespace sallyport::rfc {

namespace {

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

/// Whether every second byte from `first` on is zero.
bool has_zeros_from(BytesView value, std::size_t first) {
    if (value.size() % 2 != 0) return false;
    for (std::size_t i = first; i < value.size(); i += 2)
        if (value[i] != std::byte{0}) return false;
    return true;
}

bool has_zero(BytesView value) {
    for (const auto byte : value)
        if (byte == std::byte{0}) return true;
    return false;
}

BytesView without_zeros_at_end(BytesView value) {
    while (!value.empty() && value.back() == std::byte{0}) value = value.first(value.size() - 1);
    return value;
}

struct Layout {
    std::size_t first = 0;
    std::size_t step = 1;
};

/// Where the characters of `value` stand.
std::optional<Layout> layout_of(BytesView value) {
    if (!has_zero(value)) return Layout{0, 1};
    if (has_zeros_from(value, 1)) return Layout{0, 2};
    if (has_zeros_from(value, 0)) return Layout{1, 2};
    if (!has_zero(without_zeros_at_end(value))) return Layout{0, 1};
    return std::nullopt;
}

}  // namespace

std::optional<CodePage> code_page_of_header(BytesView item_0101) {
    if (item_0101.size() != 8) return std::nullopt;
    if (read_u8(item_0101, 3) == 1) return CodePage::ascii;
    switch (read_u32(item_0101, 4)) {
        case 0x04010002:
            return CodePage::utf16_be;
        case 0x04010003:
            return CodePage::utf16_le;
        default:
            return std::nullopt;
    }
}

std::optional<CodePage> code_page_of_digits(BytesView digits) {
    const auto text = as_text(digits);
    if (text == "4103") return CodePage::utf16_le;
    if (text == "4102") return CodePage::utf16_be;
    if (text == "1100") return CodePage::ascii;
    return std::nullopt;
}

void append_text(Bytes& out, std::string_view text, CodePage page) {
    for (const char c : text) {
        const auto byte = static_cast<std::byte>(is_printable(c) ? c : '?');
        if (page == CodePage::utf16_be) out.push_back(std::byte{0});
        out.push_back(byte);
        if (page == CodePage::utf16_le) out.push_back(std::byte{0});
    }
}

void ShortText::assign(std::string_view text) {
    size_ = std::min(text.size(), characters_.size());
    std::copy_n(text.begin(), size_, characters_.begin());
}

void ShortText::cut_end() {
    while (size_ > 0 && (characters_[size_ - 1] == ' ' || characters_[size_ - 1] == '\0')) --size_;
}

Refusal read_text(BytesView value, ShortText& text) {
    text.clear();
    if (value.empty() || value.size() > name_item_bytes_max) return Refusal::unparsable;
    const auto layout = layout_of(value);
    if (!layout) return value.size() % 2 != 0 ? Refusal::unparsable : Refusal::not_canonical;
    for (auto i = layout->first; i < value.size(); i += layout->step)
        text.append(static_cast<char>(value[i]));
    text.cut_end();
    if (text.empty()) return Refusal::unparsable;
    for (const char c : text.view()) {
        if (is_printable(c)) continue;
        text.clear();
        return Refusal::not_canonical;
    }
    return Refusal::none;
}

Refusal read_function_name(BytesView value, ShortText& name) {
    const auto refusal = read_text(value, name);
    if (refusal != Refusal::none) return refusal;
    if (is_function_name(name.view())) return Refusal::none;
    name.clear();
    return Refusal::not_canonical;
}

}  // namespace sallyport::rfc
