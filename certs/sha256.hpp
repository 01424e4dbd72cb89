#pragma once

#include "base/bytes.hpp"

#include <array>
#include <cstddef>
#include <memory>

struct evp_md_ctx_st;

namespace sallyport::certs {

using Sha256 = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4). Ends the program if OpenSSL has none: nothing here is safe without it.
Sha256 sha256(BytesView bytes);

/// SHA-256 of many short inputs: keeps its context, since making one costs more than hashing an
/// audit record.
class Sha256Hasher {
public:
    Sha256Hasher();
    Sha256 operator()(BytesView bytes);

    /// In pieces: update() as often as needed, then finish(), which starts anew.
    void update(BytesView bytes);
    Sha256 finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    void restart();
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace sallyport::certs
