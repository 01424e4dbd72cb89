#include "certs/token_parse.hpp"

#include "base/bytes.hpp"
#include "certs/strict_json.hpp"
#include "certs/token.hpp"

#include <algorithm>
#include <array>

namespace sallyport::certs {
namespace {

constexpr Algorithm algorithms[] = {
    {"RS256", KeyFamily::rsa, 0},  {"RS384", KeyFamily::rsa, 0},  {"RS512", KeyFamily::rsa, 0},
    {"PS256", KeyFamily::rsa, 0},  {"PS384", KeyFamily::rsa, 0},  {"PS512", KeyFamily::rsa, 0},
    {"ES256", KeyFamily::ec, 256}, {"ES384", KeyFamily::ec, 384}, {"ES512", KeyFamily::ec, 521},
};

Error malformed_token(const std::string& why) { return {TokenFault::malformed, "token: " + why}; }

/// Exactly three parts that are not empty.
Result<std::array<std::string_view, 3>> split(std::string_view token) {
    if (std::ranges::count(token, '.') != 2) return malformed_token("must have three parts");
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    const std::array parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                           token.substr(second + 1)};
    if (std::ranges::any_of(parts, [](auto part) { return part.empty(); }))
        return malformed_token("a part is empty");
    return parts;
}

Result<boost::json::object> read_part(std::string_view part, const std::string& name) {
    const auto bytes = from_base64url(part);
    if (!bytes) return malformed_token(name + " is not unpadded base64url");
    auto object = parse_strict_object(as_text(*bytes), {.bytes_max = token_bytes_max});
    if (!object) return malformed_token(name + ": " + object.error().detail);
    return object;
}

Result<const Algorithm*> read_algorithm(const boost::json::object& header) {
    const auto* name = header.if_contains("alg");
    if (name == nullptr || !name->is_string()) return malformed_token("no algorithm in the header");
    const auto* algorithm = find_algorithm(std::string_view(name->get_string()));
    if (algorithm == nullptr)
        return Error{TokenFault::algorithm, "token: its algorithm is not one we accept"};
    return algorithm;
}

}  // namespace

const Algorithm* find_algorithm(std::string_view name) {
    const auto* found = std::ranges::find(algorithms, name, &Algorithm::name);
    return found == std::end(algorithms) ? nullptr : found;
}

Result<ParsedToken> parse_token(std::string_view token) {
    if (token.size() > token_bytes_max) return malformed_token("larger than 16 KiB");
    const auto parts = split(token);
    if (!parts) return parts.error();
    const auto header = read_part((*parts)[0], "header");
    if (!header) return header.error();
    // RFC 7515 section 4.1.11: whoever does not understand an extension named there must refuse.
    if (header->contains("crit")) return malformed_token("critical extensions are not supported");
    const auto algorithm = read_algorithm(*header);
    if (!algorithm) return algorithm.error();
    const auto* key_id = header->if_contains("kid");
    if (key_id != nullptr && !key_id->is_string()) return malformed_token("its key id is not text");
    auto claims = read_part((*parts)[1], "payload");
    if (!claims) return claims.error();
    const auto signature = from_base64url((*parts)[2]);
    if (!signature) return malformed_token("signature is not unpadded base64url");
    ParsedToken parsed{.algorithm = *algorithm,
                       .key_id = std::nullopt,
                       .claims = std::move(*claims),
                       .signature_bytes = signature->size()};
    if (key_id != nullptr) parsed.key_id = std::string(key_id->get_string());
    return parsed;
}

}  // namespace sallyport::certs
