#include "daemon/admin_login.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/secret_file.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::daemon {
namespace {

constexpr std::size_t token_file_bytes_max = 16 * 1024;

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

/// "TOKEN" of "Bearer TOKEN" if the scheme is that one.
std::optional<std::string_view> after(std::string_view scheme, std::string_view value) {
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ') return std::nullopt;
    if (!equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return std::nullopt;
    const auto start = value.find_first_not_of(' ', scheme.size());
    return start == std::string_view::npos ? std::string_view() : value.substr(start);
}

std::string password_of(std::string_view credentials) {
    const auto decoded = from_base64(credentials);
    if (!decoded) return {};
    const auto text = as_text(*decoded);
    const auto colon = text.find(':');
    return colon == std::string_view::npos ? std::string() : std::string(text.substr(colon + 1));
}

}  // namespace

Result<AdminTokens> AdminTokens::load(const std::filesystem::path& file) {
    const auto content = read_secret_file(file, token_file_bytes_max);
    if (!content) return content.error();
    return parse(content->reveal(), file.string());
}

Result<AdminTokens> AdminTokens::parse(std::string_view text, const std::string& name) {
    AdminTokens made;
    const auto wrong = [&](const std::string& what) {
        return Error{Errc::malformed, name + ": " + what};
    };
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (line.size() < token_characters_min || line.size() > token_characters_max ||
            !std::ranges::all_of(line, is_visible))
            return wrong("a token must be " + std::to_string(token_characters_min) + " to " +
                         std::to_string(token_characters_max) +
                         " visible ASCII characters, e.g. of openssl rand -hex 32");
        if (made.hashes_.size() == tokens_max)
            return wrong("has more than " + std::to_string(tokens_max) + " tokens");
        made.hashes_.push_back(certs::sha256(as_bytes(line)));
    }
    if (made.hashes_.empty()) return wrong("has no token");
    return made;
}

bool AdminTokens::knows(std::string_view token) const {
    const auto hash = certs::sha256(as_bytes(token));
    bool known = false;
    for (const auto& mine : hashes_) known = equal_in_constant_time(hash, mine) || known;
    return known;
}

ShownToken shown_token(http::Fields fields) {
    ShownToken shown;
    for (const auto& field : fields) {
        if (field.name != "authorization") continue;
        if (std::exchange(shown.shown, true)) return {.shown = true};
        if (const auto token = after("Bearer", field.value))
            shown.token = *token;
        else if (const auto credentials = after("Basic", field.value))
            shown.token = password_of(*credentials);
    }
    return shown;
}

bool is_own_host(std::string_view host, std::span<const std::string> names) {
    const auto bracket = host.rfind(']');
    const auto colon = host.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
        host = host.substr(0, colon);
    return std::ranges::any_of(
        names, [host](const std::string& name) { return equal_ignoring_case(host, name); });
}

}  // namespace sallyport::daemon
