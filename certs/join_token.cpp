#include "certs/join_token.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "certs/sha256.hpp"
#include "certs/spiffe.hpp"
#include "certs/strict_json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace sallyport::certs {
namespace {

namespace json = boost::json;

constexpr std::string_view prefix = "sp1.";
constexpr std::size_t checksum_digits = 8;
constexpr std::size_t location_bytes_max = 189;  // what SOCKS5 clients can name
constexpr std::size_t secret_bytes_min = 22;     // 128 bits as base64url
constexpr std::size_t secret_bytes_max = 128;
constexpr std::size_t url_bytes_max = 512;
constexpr std::int64_t expiry_max = 253402300799;  // the end of the year 9999
constexpr std::string_view white_space = " \t\r\n";

/// Memory for JSON that holds the secret: on the stack first, wiped at the end.
class WipedStorage {
public:
    ~WipedStorage() {
        resource_.release();
        OPENSSL_cleanse(buffer_.data(), buffer_.size());
    }
    WipedStorage() = default;
    WipedStorage(const WipedStorage&) = delete;
    WipedStorage& operator=(const WipedStorage&) = delete;
    json::storage_ptr get() { return &resource_; }

private:
    std::array<unsigned char, 4 * join_token_bytes_max> buffer_{};
    json::monotonic_resource resource_{buffer_.data(), buffer_.size()};
};

std::string checksum(std::string_view text) {
    return to_hex(sha256(as_bytes(text))).substr(0, checksum_digits);
}

Error malformed_join_token(const std::string& why) {
    return {Errc::malformed, "join token: " + why};
}

bool is_unreserved(char c) { return is_safe_name(std::string_view(&c, 1)) || c == '.' || c == '~'; }

bool is_base64url(std::string_view text) {
    return std::ranges::all_of(text,
                               [](char c) { return c != '.' && c != '~' && is_unreserved(c); });
}

bool is_hub_url(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    if (!url.starts_with(scheme) || url.size() > url_bytes_max) return false;
    url.remove_prefix(scheme.size());
    const auto authority = url.substr(0, url.find('/'));
    const auto path = url.substr(authority.size());
    if (authority.empty() || !(path.empty() || path == "/")) return false;
    return std::ranges::all_of(
        authority, [](char c) { return is_unreserved(c) || c == ':' || c == '[' || c == ']'; });
}

std::optional<std::string> text_member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

Result<std::vector<std::string>> read_locations(const json::object& object) {
    const auto* list = object.if_contains("locations");
    if (list == nullptr || !list->is_array()) return malformed_join_token("no locations in it");
    if (list->get_array().size() > join_token_locations_max)
        return malformed_join_token("too many locations");
    std::vector<std::string> locations;
    for (const auto& element : list->get_array()) {
        if (!element.is_string()) return malformed_join_token("a location is not text");
        const std::string_view location = element.get_string();
        if (location.size() > location_bytes_max || !std::ranges::all_of(location, is_unreserved))
            return malformed_join_token("a location has characters that are not allowed");
        locations.emplace_back(location);
    }
    return locations;
}

Result<void> read_secret(const json::object& object, JoinToken& token) {
    const auto* value = object.if_contains("secret");
    if (value == nullptr || !value->is_string()) return malformed_join_token("no secret in it");
    const std::string_view secret = value->get_string();
    if (secret.size() < secret_bytes_min || secret.size() > secret_bytes_max ||
        !is_base64url(secret))
        return malformed_join_token("its secret has a wrong form");
    token.secret = Secret(std::string(secret));
    return {};
}

Result<void> read_authority(const json::object& object, JoinToken& token) {
    const auto hash = from_base64url(text_member(object, "ca").value_or(""));
    if (!hash || hash->size() != token.authority_key_hash.size())
        return malformed_join_token("no hash of the hub's authority in it");
    std::ranges::copy(*hash, token.authority_key_hash.begin());
    return {};
}

Result<JoinToken> read_members(const json::object& object) {
    static const std::set<std::string_view> known = {"hub",       "ca",     "tenant", "agent",
                                                     "locations", "secret", "expiry"};
    for (const auto& member : object)
        if (!known.contains(std::string_view(member.key())))
            return malformed_join_token("made by a newer hub: update this program");
    JoinToken token;
    token.hub_url = text_member(object, "hub").value_or("");
    if (!is_hub_url(token.hub_url))
        return malformed_join_token("no address https://host[:port] in it");
    token.tenant = text_member(object, "tenant").value_or("");
    token.agent = text_member(object, "agent").value_or("");
    if (!is_safe_name(token.tenant) || !is_safe_name(token.agent))
        return malformed_join_token("no tenant or agent name in it");
    auto locations = read_locations(object);
    if (!locations) return locations.error();
    token.locations = std::move(*locations);
    if (auto read = read_authority(object, token); !read) return read.error();
    if (auto read = read_secret(object, token); !read) return read.error();
    const auto* expiry = object.if_contains("expiry");
    if (expiry == nullptr || !expiry->is_int64() || expiry->get_int64() < 0 ||
        expiry->get_int64() > expiry_max)
        return malformed_join_token("no expiry in it");
    token.expiry = std::chrono::sys_seconds(std::chrono::seconds(expiry->get_int64()));
    return token;
}

/// The base64url part, if everything around it is right.
Result<std::string_view> check_frame(std::string_view text) {
    if (const auto first = text.find_first_not_of(white_space); first != text.npos)
        text = text.substr(first, text.find_last_not_of(white_space) - first + 1);
    if (text.size() > join_token_bytes_max) return malformed_join_token("too long");
    if (!text.starts_with("sp")) return malformed_join_token("must begin with sp1.");
    if (!text.starts_with(prefix))
        return malformed_join_token(
            "of another version than sp1: use a program of the hub's version");
    if (text.find_first_of(white_space) != text.npos)
        return malformed_join_token("broken by white space: paste it in one piece");
    const auto dot = text.rfind('.');
    if (dot < prefix.size()) return malformed_join_token("incomplete: the end is missing");
    if (text.substr(dot + 1) != checksum(text.substr(0, dot)))
        return malformed_join_token("mistyped or incomplete: the checksum is wrong");
    return text.substr(prefix.size(), dot - prefix.size());
}

}  // namespace

Secret JoinToken::encode() const {
    WipedStorage storage;
    json::array places(storage.get());
    for (const auto& location : locations) places.emplace_back(location);
    json::object object(storage.get());
    object["hub"] = hub_url;
    object["ca"] = to_base64url(authority_key_hash);
    object["tenant"] = tenant;
    object["agent"] = agent;
    object["locations"] = std::move(places);
    object["secret"] = secret.reveal();
    object["expiry"] = expiry.time_since_epoch().count();
    const Secret clear(json::serialize(object));
    const Secret encoded(to_base64url(as_bytes(clear.reveal())));
    // Reserved, so that no half-finished copy stays behind in freed memory.
    std::string text;
    text.reserve(prefix.size() + encoded.reveal().size() + 1 + checksum_digits);
    text.append(prefix).append(encoded.reveal());
    const auto sum = checksum(text);
    text.append(".").append(sum);
    return Secret(std::move(text));
}

Result<JoinToken> JoinToken::parse(std::string_view text) {
    const auto encoded = check_frame(text);
    if (!encoded) return encoded.error();
    auto bytes = from_base64url(*encoded);
    if (!bytes) return malformed_join_token("not readable although its checksum is right");
    WipedStorage storage;
    auto object =
        parse_strict_object(as_text(*bytes), {.bytes_max = join_token_bytes_max}, storage.get());
    OPENSSL_cleanse(bytes->data(), bytes->size());
    if (!object) return malformed_join_token("not readable although its checksum is right");
    return read_members(*object);
}

}  // namespace sallyport::certs
