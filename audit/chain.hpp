#pragma once

#include "audit/clock.hpp"
#include "audit/log.hpp"
#include "audit/record_fields.hpp"
#include "certs/sha256.hpp"

#include <string>
#include <string_view>

namespace sallyport::audit {

/// `prev` of the very first record.
inline constexpr certs::Sha256 chain_start{};

/// Hexadecimal digits of the configuration's digest that stand in each record.
inline constexpr std::size_t configuration_digits = 16;

/// Numbers the records and chains each to the one before: `prev` is the SHA-256 of all bytes of the
/// previous line, its newline included.
class Chain {
public:
    /// `next` is the sequence of the next record, `last` the digest of the line before it.
    Chain(Sequence next, const certs::Sha256& last, std::string boot)
        : next_(next), last_(last), boot_(std::move(boot)) {}

    void set_configuration(std::string_view digest) {
        configuration_ = digest.substr(0, configuration_digits);
    }

    Sequence next() const { return next_; }

    /// Appends the record of `event` to `out`.
    template <class Event>
    Sequence append(std::string& out, Instant now, const Event& event) {
        const auto start = out.size();
        Line line(out);
        write_head(line, now, name_of(event));
        write_fields(line, event);
        line.finish();
        last_ = hasher_(as_bytes(std::string_view(out).substr(start)));
        return next_++;
    }

private:
    void write_head(Line& line, Instant now, std::string_view event);

    Sequence next_;
    certs::Sha256 last_;
    std::string boot_;
    std::string configuration_;
    std::string time_;  // kept for its memory
    certs::Sha256Hasher hasher_;
};

}  // namespace sallyport::audit
