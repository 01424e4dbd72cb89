#include "certs/jose.hpp"

#include "certs/key.hpp"
#include "certs/openssl.hpp"

extern "C" {
#include <cjose/header.h>
#include <cjose/jwe.h>
#include <cjose/jwk.h>
#include <cjose/jws.h>
#include <cjose/util.h>
}
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>

#include <array>

namespace sallyport::certs {

class JoseKey {
public:
    explicit JoseKey(cjose_jwk_t* key) : key_(key) {}
    JoseKey(const JoseKey&) = delete;
    JoseKey& operator=(const JoseKey&) = delete;
    ~JoseKey() { cjose_jwk_release(key_); }
    const cjose_jwk_t* get() const { return key_; }

private:
    cjose_jwk_t* key_;
};

namespace {

using HeaderPtr = std::unique_ptr<cjose_header_t, FreeWith<cjose_header_release>>;
using EncryptedPtr = std::unique_ptr<cjose_jwe_t, FreeWith<cjose_jwe_release>>;
using SignedPtr = std::unique_ptr<cjose_jws_t, FreeWith<cjose_jws_release>>;

struct FreeText {
    void operator()(char* text) const { cjose_get_dealloc()(text); }
};
using CjoseText = std::unique_ptr<char, FreeText>;

Error jose_error(const std::string& what, const cjose_err& error) {
    const char* reason = error.message != nullptr ? error.message : "no reason given";
    return openssl_error(what + ": " + reason);
}

/// cjose copies what it is given, but does not say so in its types.
std::uint8_t* unconst(BytesView bytes) {
    return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

Result<JoseKeyPtr> own(cjose_jwk_t* key, const cjose_err& error) {
    if (key == nullptr) return jose_error("make a key for tokens", error);
    return JoseKeyPtr(std::make_shared<const JoseKey>(key));
}

Result<Bytes> read_number(const Key& key, const char* parameter) {
    BIGNUM* number = nullptr;
    if (EVP_PKEY_get_bn_param(key.get(), parameter, &number) != 1)
        return openssl_error("read an RSA key", Errc::unsupported);
    const std::unique_ptr<BIGNUM, FreeWith<BN_clear_free>> owner(number);
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
    return bytes;
}

/// The eight numbers of a private RSA key; wiped at the end.
struct PrivateNumbers {
    PrivateNumbers() = default;
    PrivateNumbers(const PrivateNumbers&) = delete;
    PrivateNumbers& operator=(const PrivateNumbers&) = delete;
    ~PrivateNumbers() {
        for (auto& bytes : numbers) OPENSSL_cleanse(bytes.data(), bytes.size());
    }
    std::array<Bytes, 8> numbers;
};

}  // namespace

Result<JoseKeyPtr> jose_rsa_key(BytesView modulus, BytesView exponent) {
    cjose_jwk_rsa_keyspec spec{};
    spec.n = unconst(modulus);
    spec.nlen = modulus.size();
    spec.e = unconst(exponent);
    spec.elen = exponent.size();
    cjose_err error{};
    return own(cjose_jwk_create_RSA_spec(&spec, &error), error);
}

Result<JoseKeyPtr> jose_ec_key(unsigned curve_bits, BytesView x, BytesView y) {
    cjose_jwk_ec_keyspec spec{};
    spec.crv = curve_bits == 256   ? CJOSE_JWK_EC_P_256
               : curve_bits == 384 ? CJOSE_JWK_EC_P_384
                                   : CJOSE_JWK_EC_P_521;
    spec.x = unconst(x);
    spec.xlen = x.size();
    spec.y = unconst(y);
    spec.ylen = y.size();
    cjose_err error{};
    return own(cjose_jwk_create_EC_spec(&spec, &error), error);
}

Result<JoseKeyPtr> jose_private_key(const Key& key) {
    constexpr const char* names[] = {
        OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
        OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
        OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
        OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
    };
    PrivateNumbers read;
    for (std::size_t i = 0; i < read.numbers.size(); ++i) {
        auto number = read_number(key, names[i]);
        if (!number) return number.error();
        read.numbers[i] = std::move(*number);
    }
    cjose_jwk_rsa_keyspec spec{};
    const std::array targets{
        std::pair(&spec.n, &spec.nlen),   std::pair(&spec.e, &spec.elen),
        std::pair(&spec.d, &spec.dlen),   std::pair(&spec.p, &spec.plen),
        std::pair(&spec.q, &spec.qlen),   std::pair(&spec.dp, &spec.dplen),
        std::pair(&spec.dq, &spec.dqlen), std::pair(&spec.qi, &spec.qilen),
    };
    for (std::size_t i = 0; i < targets.size(); ++i) {
        *targets[i].first = unconst(read.numbers[i]);
        *targets[i].second = read.numbers[i].size();
    }
    cjose_err error{};
    return own(cjose_jwk_create_RSA_spec(&spec, &error), error);
}

bool jose_verify(std::string_view token, const JoseKey& key) {
    cjose_err error{};
    const SignedPtr imported(cjose_jws_import(token.data(), token.size(), &error));
    const bool right = imported && cjose_jws_verify(imported.get(), key.get(), &error);
    if (!right) (void)openssl_error({});  // leaves nothing of the failure in the queue
    return right;
}

Result<std::string> jose_sign(const std::string& key_id, std::string_view payload,
                              const JoseKey& key) {
    cjose_err error{};
    const HeaderPtr header(cjose_header_new(&error));
    if (!header || !cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_RS256, &error) ||
        !cjose_header_set(header.get(), "typ", "JWT", &error) ||
        !cjose_header_set(header.get(), CJOSE_HDR_KID, key_id.c_str(), &error))
        return jose_error("make the header of a token", error);
    const SignedPtr made(cjose_jws_sign(key.get(), header.get(),
                                        reinterpret_cast<const std::uint8_t*>(payload.data()),
                                        payload.size(), &error));
    const char* text = nullptr;
    if (!made || !cjose_jws_export(made.get(), &text, &error))
        return jose_error("sign a token", error);
    return std::string(text);
}

Result<JoseKeyPtr> jose_secret_key(BytesView key) {
    cjose_err error{};
    return own(cjose_jwk_create_oct_spec(unconst(key), key.size(), &error), error);
}

Result<std::string> jose_encrypt(std::string_view text, const JoseKey& key) {
    cjose_err error{};
    const HeaderPtr header(cjose_header_new(&error));
    if (!header || !cjose_header_set(header.get(), CJOSE_HDR_ALG, CJOSE_HDR_ALG_DIR, &error) ||
        !cjose_header_set(header.get(), CJOSE_HDR_ENC, CJOSE_HDR_ENC_A256GCM, &error))
        return jose_error("make the header of a sealed token", error);
    const EncryptedPtr made(cjose_jwe_encrypt(key.get(), header.get(),
                                              reinterpret_cast<const std::uint8_t*>(text.data()),
                                              text.size(), &error));
    const CjoseText exported(made ? cjose_jwe_export(made.get(), &error) : nullptr);
    if (!exported) return jose_error("seal a token", error);
    return std::string(exported.get());
}

std::optional<std::string> jose_decrypt(std::string_view jwe, const JoseKey& key) {
    cjose_err error{};
    const EncryptedPtr imported(cjose_jwe_import(jwe.data(), jwe.size(), &error));
    std::size_t size = 0;
    std::uint8_t* text =
        imported ? cjose_jwe_decrypt(imported.get(), key.get(), &size, &error) : nullptr;
    if (text == nullptr) {
        (void)openssl_error({});  // leaves nothing of the failure in the queue
        return std::nullopt;
    }
    std::string result(reinterpret_cast<const char*>(text), size);
    OPENSSL_cleanse(text, size);
    cjose_get_dealloc()(text);
    return result;
}

Result<RsaPublicNumbers> rsa_public_numbers(const Key& key) {
    auto modulus = read_number(key, OSSL_PKEY_PARAM_RSA_N);
    if (!modulus) return modulus.error();
    auto exponent = read_number(key, OSSL_PKEY_PARAM_RSA_E);
    if (!exponent) return exponent.error();
    return RsaPublicNumbers{std::move(*modulus), std::move(*exponent)};
}

}  // namespace sallyport::certs
