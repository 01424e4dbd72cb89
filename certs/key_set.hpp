// The inside of a KeySet.
#pragma once

#include "certs/jose.hpp"
#include "certs/token.hpp"
#include "certs/token_parse.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::certs {

/// One key of a set, with what the set says about its use.
struct VerificationKey {
    std::optional<std::string> key_id;
    KeyFamily family;
    std::size_t bits;  // of the modulus, or of the curve
    std::optional<std::string> algorithm;
    JoseKeyPtr jose;

    bool fits(const Algorithm& wanted) const;
    /// How long every right signature is (RFC 8017 section 8.2.2, RFC 7518 section 3.4).
    std::size_t signature_bytes() const;
};

/// The keys a token with this key id may mean. Without one only an only key; a key without an id
/// is meant only if it is the only one.
std::vector<const VerificationKey*> find_keys(const std::vector<VerificationKey>& keys,
                                              const std::optional<std::string>& key_id);

struct KeySet::Parts {
    std::vector<VerificationKey> keys;
};

}  // namespace sallyport::certs
