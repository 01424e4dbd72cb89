#include "forward/cursor.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>

namespace sallyport::forward {
namespace {

constexpr std::size_t cursor_bytes_max = 256;
constexpr mode_t cursor_mode = 0640;
constexpr mode_t folder_mode = 0750;

/// What stands before the next space, which goes as well.
std::string_view take_word(std::string_view& text) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    return word;
}

}  // namespace

std::string to_text(const Cursor& cursor) {
    return std::to_string(cursor.segment) + " " + std::to_string(cursor.sequence) + " " +
           to_hex(cursor.digest) + "\n";
}

Result<Cursor> parse_cursor(std::string_view text) {
    const Error malformed{Errc::malformed, "not a cursor: a segment, a sequence and a SHA-256"};
    if (!text.ends_with('\n')) return malformed;
    text.remove_suffix(1);
    const auto segment = parse_decimal(take_word(text));
    const auto sequence = parse_decimal(take_word(text));
    const auto digest = from_hex(take_word(text));
    Cursor cursor;
    if (!segment || !sequence || !digest || !text.empty()) return malformed;
    if (digest->size() != cursor.digest.size() || *segment > *sequence) return malformed;
    cursor.segment = *segment;
    cursor.sequence = *sequence;
    std::ranges::copy(*digest, cursor.digest.begin());
    return cursor;
}

Result<std::optional<Cursor>> load_cursor(const std::filesystem::path& file) {
    const auto text = read_file(file, cursor_bytes_max);
    if (!text && text.error().code == boost::system::errc::no_such_file_or_directory)
        return std::optional<Cursor>();
    if (!text) return text.error();
    auto cursor = parse_cursor(*text);
    if (!cursor) return Error{cursor.error().code, file.string() + ": " + cursor.error().detail};
    return std::optional(*cursor);
}

Result<void> save_cursor(const std::filesystem::path& file, const Cursor& cursor) {
    if (auto made = make_folder(file.parent_path(), folder_mode); !made) return made;
    return replace_file(file, to_text(cursor), cursor_mode);
}

}  // namespace sallyport::forward
