#pragma once

#include "certs/token.hpp"
#include "tests/support/test_pki.hpp"

namespace sallyport::certs {

/// One for all tests: making keys takes time.
inline const test::TestPki& pki() {
    static const test::TestPki instance;
    return instance;
}

inline const SigningKey& signing_key() {
    static const auto instance = SigningKey::generate().value();
    return instance;
}

}  // namespace sallyport::certs
