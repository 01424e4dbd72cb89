#include "agent/file_path.hpp"

#include "base/error.hpp"
#include "ssh/upload_name.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::agent {
namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Nothing for what no file name may have, or what somebody could take for more than a name.
std::optional<std::string> decode_name(std::string_view text) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int byte = static_cast<unsigned char>(text[i]);
        if (byte <= 0x20 || byte >= 0x7f || byte == ';' || byte == '#') return std::nullopt;
        if (byte == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            byte = high * 16 + low;
            i += 2;
        }
        if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\') return std::nullopt;
        name += static_cast<char>(byte);
    }
    return name;
}

Error refused(std::string_view why) { return {Errc::malformed, "The path " + std::string(why)}; }

}  // namespace

Result<FilePath> FilePath::parse(std::string_view target) {
    auto rest = target.substr(0, target.find('?'));
    if (!rest.starts_with('/')) return refused("does not start with a slash.");
    if (rest.size() > path_bytes_max) return refused("is longer than 3072 bytes.");
    rest.remove_prefix(1);
    FilePath path;
    path.folder = rest.empty();
    while (!rest.empty()) {
        const auto end = rest.find('/');
        const auto name = decode_name(rest.substr(0, end));
        if (!name)
            return refused(
                "has a character that cannot stand in a file name: a slash or backslash that is "
                "encoded, a ; that is not, or a control character.");
        if (name->empty()) return refused("has an empty segment.");
        if (*name == "." || *name == "..") return refused("has a dot segment.");
        if (name->size() > name_bytes_max) return refused("has a name of more than 255 bytes.");
        if (path.names.size() == names_max) return refused("has more than 64 folders.");
        path.names.push_back(*name);
        path.folder = end != std::string_view::npos && end + 1 == rest.size();
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return path;
}

bool FilePath::is_hidden() const {
    return std::ranges::any_of(
        names, [](const std::string& name) { return name.starts_with(ssh::upload_prefix); });
}

std::string FilePath::text() const {
    std::string text;
    for (const auto& name : names) text += '/' + name;
    return text.empty() ? "/" : text;
}

std::string FilePath::below(std::string_view base) const {
    if (names.empty()) return std::string(base);
    return (base == "/" ? std::string() : std::string(base)) + text();
}

std::vector<std::string> names_of(std::string_view path) {
    std::vector<std::string> names;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end > 0) names.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return names;
}

}  // namespace sallyport::agent
