#include "certs/sha256.hpp"

#include <openssl/evp.h>

#include <cstdlib>

namespace sallyport::certs {
namespace {

const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

void require(bool done) {
    if (!done) std::abort();
}

}  // namespace

Sha256 sha256(BytesView bytes) { return Sha256Hasher()(bytes); }

void Sha256Hasher::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
    require(context_ != nullptr);
    restart();
}

void Sha256Hasher::restart() {
    require(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
}

Sha256 Sha256Hasher::operator()(BytesView bytes) {
    update(bytes);
    return finish();
}

void Sha256Hasher::update(BytesView bytes) {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Hasher::finish() {
    Sha256 hash;
    require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(hash.data()),
                               nullptr) == 1);
    restart();
    return hash;
}

}  // namespace sallyport::certs
