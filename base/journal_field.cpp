#include "base/journal_field.hpp"

#include <cstdint>

namespace sallyport {
namespace {

/// journald drops fields with longer names (64 characters).
constexpr std::size_t field_name_bytes_max = 64;

}  // namespace

std::string journal_field_name(std::string_view key) {
    std::string name = "SALLYPORT_";
    for (const char c : key) {
        const bool lower = c >= 'a' && c <= 'z';
        if (!lower && c != '_' && !(c >= '0' && c <= '9')) return {};
        name += lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return name.size() > field_name_bytes_max ? std::string() : name;
}

void append_journal_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    if (value.find('\n') == std::string_view::npos) {
        out += '=';
    } else {
        out += '\n';
        std::uint64_t size = value.size();
        for (int i = 0; i < 8; ++i, size >>= 8U) out += static_cast<char>(size & 0xffU);
    }
    out += value;
    out += '\n';
}

}  // namespace sallyport
