#pragma once

#include "certs/certificate.hpp"
#include "tests/support/test_pki.hpp"

#include <string>
#include <vector>

namespace sallyport::test {

/// A list of `pki` (PEM) with `revoked` on it, good for a day from `begin`, or until `end`
/// as ASN.1 writes it.
std::string list_of(const TestPki& pki, const std::vector<certs::Certificate>& revoked,
                    certs::Time begin, bool partial = false, const char* end = nullptr);

}  // namespace sallyport::test
