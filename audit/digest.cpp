#include "audit/digest.hpp"

#include <openssl/evp.h>

#include <exception>

namespace sallyport::audit {
namespace {

const EVP_MD* sha256() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return algorithm;
}

void require(bool done) {
    if (!done) std::terminate();
}

}  // namespace

void Hasher::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
    require(context_ != nullptr);
    restart();
}

void Hasher::restart() { require(EVP_DigestInit_ex2(context_.get(), sha256(), nullptr) == 1); }

Digest Hasher::operator()(std::string_view bytes) {
    update(bytes);
    return finish();
}

void Hasher::update(std::string_view bytes) {
    require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()),
                               nullptr) == 1);
    restart();
    return digest;
}

std::string to_text(const Digest& digest) { return to_hex(digest); }

}  // namespace sallyport::audit
