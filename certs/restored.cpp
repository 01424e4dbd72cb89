#include "certs/restored.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <algorithm>
#include <array>

namespace sallyport::certs {
namespace {

constexpr std::string_view no_log = "-";  // instead of an origin and a root
constexpr std::size_t restored_words = 5;

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_root(std::string_view text) {
    const auto bytes = from_base64(text);
    return bytes && bytes->size() == 32 && to_base64(*bytes) == text;
}

}  // namespace

std::string Restored::to_text() const {
    const bool empty = size == 0;
    return std::string(empty ? no_log : std::string_view(origin)) + " " + std::to_string(size) +
           " " + std::string(empty ? no_log : std::string_view(root)) + " " + next_origin + " " +
           next_key;
}

Result<Restored> Restored::parse(std::string_view text) {
    const Error malformed{Errc::malformed,
                          std::string(restored_field) + " is not as docs/PROTOCOL.md has it"};
    if (text.size() > restored_bytes_max) return malformed;
    std::array<std::string_view, restored_words> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto end = i + 1 == words.size() ? text.size() : text.find(' ');
        if (end == std::string_view::npos || !is_word(text.substr(0, end))) return malformed;
        words.at(i) = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
    }
    const auto size = parse_decimal(words[1]);
    if (!size || std::to_string(*size) != words[1]) return malformed;
    const bool empty = *size == 0;
    if (empty ? words[0] != no_log || words[2] != no_log : words[0] == no_log || !is_root(words[2]))
        return malformed;
    return Restored{.origin = empty ? std::string() : std::string(words[0]),
                    .size = *size,
                    .root = empty ? std::string() : std::string(words[2]),
                    .next_origin = std::string(words[3]),
                    .next_key = std::string(words[4])};
}

}  // namespace sallyport::certs
