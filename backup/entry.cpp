#include "backup/entry.hpp"

#include <algorithm>

namespace sallyport::backup {
namespace {

bool is_entry_character(char c) {
    constexpr std::string_view others = "._-+=@,~#%";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
}

bool is_part(std::string_view part) {
    return !part.empty() && part != "." && part != ".." && part.front() != '-' &&
           std::ranges::all_of(part, is_entry_character);
}

}  // namespace

bool is_entry_name(std::string_view name) {
    if (name.size() > entry_name_bytes_max) return false;
    while (true) {
        const auto slash = name.find('/');
        if (!is_part(name.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        name.remove_prefix(slash + 1);
    }
}

}  // namespace sallyport::backup
