// What is checked about a token before any cryptography, and before cjose sees it.
#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::certs {

enum class KeyFamily { rsa, ec };

/// An algorithm a token may be signed with. There is no "none" and nothing with shared keys (HS*)
/// in the list, so no header can ask for them.
struct Algorithm {
    std::string_view name;
    KeyFamily family;
    unsigned curve_bits;  // ec only
};

/// Null if it is not allowed.
const Algorithm* find_algorithm(std::string_view name);

/// A token that has one reading only. Nothing in it is proved yet.
struct ParsedToken {
    const Algorithm* algorithm;
    std::optional<std::string> key_id;
    boost::json::object claims;
    std::size_t signature_bytes;
};

/// At most token_bytes_max; three parts, each in unpadded base64url and not empty; header and
/// payload are JSON objects without duplicate members; no `crit`. Errors: TokenFault::malformed,
/// TokenFault::algorithm.
Result<ParsedToken> parse_token(std::string_view token);

}  // namespace sallyport::certs
