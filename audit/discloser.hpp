#pragma once

#include "audit/disclosure.hpp"
#include "base/bytes.hpp"
#include "certs/sha256.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::audit {

/// Composes the disclosures of records and gives the commitments that stand in them. On the way of
/// every exchange: salts are made in blocks, and nothing is allocated once its memory is there.
class Discloser {
public:
    /// The disclosures that follow are of this record and go to `out`.
    void begin(std::string& out, Sequence sequence) {
        out_ = &out;
        sequence_ = sequence;
    }

    struct Commitment {
        std::array<char, 2 * sizeof(certs::Sha256)> digits;
        bool cut;  // the value was longer than a text may be
    };
    /// `field` is one of personal_fields.
    Commitment disclose(std::string_view field, std::string_view value, std::size_t bytes_max);

private:
    /// Salts made at once.
    static constexpr std::size_t block_salts = 256;

    Salt next_salt();

    std::string* out_ = nullptr;
    Sequence sequence_ = 0;
    Bytes block_;
    std::size_t used_ = 0;
    std::string committed_;  // kept for its memory
    certs::Sha256Hasher hasher_;
};

}  // namespace sallyport::audit
