#include "certs/sha256.hpp"

#include <openssl/evp.h>

#include <cstdlib>

namespace sallyport::certs {

Sha256 sha256(BytesView bytes) {
    Sha256 hash;
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(hash.data()), &size,
                   EVP_sha256(), nullptr) != 1 ||
        size != hash.size())
        std::abort();
    return hash;
}

}  // namespace sallyport::certs
