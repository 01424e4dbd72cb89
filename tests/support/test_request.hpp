#pragma once

#include <string>
#include <vector>

namespace sallyport::test {

/// What a hostile client puts into a certification request.
struct RequestParts {
    std::string subject = "x";  // common name
    /// As in openssl.cnf: {"basicConstraints", "critical,CA:TRUE"}.
    std::vector<std::pair<std::string, std::string>> extensions = {};
    int rsa_bits = 0;  // 0: P-256
    bool signed_by_another = false;
};

/// DER, for a new key.
std::string request_of(const RequestParts& parts);

}  // namespace sallyport::test
