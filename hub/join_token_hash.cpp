#include "hub/join_token_hash.hpp"

#include "base/bytes.hpp"
#include "certs/sha256.hpp"

namespace sallyport::hub {

std::string join_token_hash(std::string_view secret) {
    return to_hex(certs::sha256(as_bytes(secret)));
}

}  // namespace sallyport::hub
