#include "daemon/given_keys.hpp"

#include "base/bytes.hpp"

namespace sallyport::daemon {
namespace {

constexpr std::string_view space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(space);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// What stands behind the size that a line of `vkeys` begins with.
std::string_view without_size(std::string_view text) {
    const auto end = text.find_first_of(space);
    if (end == text.npos || !parse_decimal(text.substr(0, end))) return text;
    return trimmed(text.substr(end));
}

}  // namespace

Result<tlog::VerifierKey> given_key(std::string_view text) {
    auto key = tlog::VerifierKey::parse(without_size(trimmed(text)));
    if (key) return key;
    return Error{key.error().code, "the key \"" + std::string(text) + "\": " + key.error().detail};
}

Result<std::vector<tlog::VerifierKey>> given_keys(const std::vector<std::string>& texts) {
    std::vector<tlog::VerifierKey> keys;
    for (const auto& text : texts) {
        auto key = given_key(text);
        if (!key) return key.error();
        keys.push_back(std::move(*key));
    }
    return keys;
}

}  // namespace sallyport::daemon
