#pragma once

#include "base/bytes.hpp"

#include <array>
#include <memory>
#include <string>

struct evp_md_ctx_st;

namespace sallyport::audit {

/// A SHA-256 digest.
using Digest = std::array<std::byte, 32>;

/// SHA-256 of many short inputs: keeps its context, since fetching the algorithm anew costs more
/// than hashing a record. Failure of SHA-256 itself is treated like lack of memory: it ends the
/// process.
class Hasher {
public:
    Hasher();
    Digest operator()(std::string_view bytes);

    /// In pieces: update() as often as needed, then finish(), which starts anew.
    void update(std::string_view bytes);
    Digest finish();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    void restart();
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Lower-case hexadecimal.
std::string to_text(const Digest& digest);

}  // namespace sallyport::audit
