#include "backup/tar.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::backup {
namespace {

struct Field {
    std::size_t offset;
    std::size_t size;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field uid_field{108, 8};
constexpr Field gid_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field checksum_field{148, 8};
constexpr Field type_field{156, 1};
constexpr Field magic_field{257, 8};
constexpr Field prefix_field{345, 155};
constexpr std::string_view magic(
    "ustar\0"
    "00",
    8);
constexpr mode_t permissions = 0777;

void put(std::string& block, Field field, std::string_view text) {
    std::copy_n(text.begin(), std::min(field.size, text.size()),
                block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

/// Digits to the field's end, which is a NUL.
void put_octal(std::string& block, Field field, std::uint64_t number) {
    std::string digits(field.size - 1, '0');
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, number >>= 3)
        *digit = static_cast<char>('0' + (number & 7));
    put(block, field, digits);
}

std::uint64_t checksum_of(std::string block) {
    std::fill_n(block.begin() + checksum_field.offset, checksum_field.size, ' ');
    std::uint64_t sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    return sum;
}

/// Where a long name is cut in two: at the first slash after which the rest fits.
std::optional<std::size_t> cut_of(std::string_view name) {
    if (name.size() <= name_field.size) return std::string_view::npos;
    const auto slash = name.find('/', name.size() - name_field.size - 1);
    if (slash == std::string_view::npos || slash > prefix_field.size) return std::nullopt;
    return slash;
}

std::string_view text_in(std::string_view block, Field field) {
    const auto text = block.substr(field.offset, field.size);
    return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> octal_in(std::string_view block, Field field) {
    const auto digits = block.substr(field.offset, field.size - 1);
    if (block.at(field.offset + field.size - 1) != '\0') return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : digits) {
        if (c < '0' || c > '7') return std::nullopt;
        number = number << 3 | static_cast<std::uint64_t>(c - '0');
    }
    return number;
}

Error malformed_tar(std::string_view what) {
    return {Errc::malformed, "the archive in the backup: " + std::string(what)};
}

}  // namespace

Result<std::string> write_tar_block(const Entry& entry) {
    if (!is_entry_name(entry.name))
        return Error{Errc::malformed, entry.name + " is no name for a file of a backup"};
    if (entry.size > entry_bytes_max)
        return Error{Errc::limit, entry.name + " is larger than 8 GiB"};
    const auto cut = cut_of(entry.name);
    if (!cut) return Error{Errc::malformed, entry.name + ": a part of the name is too long"};
    std::string block(tar_block_bytes, '\0');
    const std::string_view name = entry.name;
    put(block, name_field, *cut == name.npos ? name : name.substr(*cut + 1));
    if (*cut != name.npos) put(block, prefix_field, name.substr(0, *cut));
    put_octal(block, mode_field, entry.mode & permissions);
    put_octal(block, uid_field, 0);
    put_octal(block, gid_field, 0);
    put_octal(block, size_field, entry.size);
    put_octal(block, time_field, 0);
    put(block, type_field, "0");
    put(block, magic_field, magic);
    put_octal(block, {checksum_field.offset, checksum_field.size - 1}, checksum_of(block));
    block.at(checksum_field.offset + checksum_field.size - 1) = ' ';
    return block;
}

Result<std::optional<Entry>> read_tar_block(std::string_view block) {
    if (block.size() != tar_block_bytes) return malformed_tar("a block is not whole");
    if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) return std::optional<Entry>();
    Entry entry;
    const auto prefix = text_in(block, prefix_field);
    entry.name = prefix.empty() ? std::string() : std::string(prefix) + "/";
    entry.name += text_in(block, name_field);
    const auto mode = octal_in(block, mode_field);
    const auto size = octal_in(block, size_field);
    if (!mode || !size || *mode > permissions) return malformed_tar("a field is not octal");
    entry.mode = static_cast<mode_t>(*mode);
    entry.size = *size;
    // One spelling for each entry: what another tar may read in another way does not come through.
    const auto expected = write_tar_block(entry);
    if (!expected) return expected.error();
    if (*expected != block)
        return malformed_tar(entry.name + " is not a regular file as a backup has it");
    return std::optional(std::move(entry));
}

}  // namespace sallyport::backup
