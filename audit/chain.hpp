#pragma once

#include "audit/clock.hpp"
#include "audit/discloser.hpp"
#include "audit/log.hpp"
#include "audit/record_fields.hpp"
#include "tlog/tree.hpp"

#include <string>
#include <string_view>

namespace sallyport::audit {

/// `prev` of the very first record.
inline constexpr tlog::Hash chain_start{};

/// Hexadecimal digits of the configuration's digest that stand in each record.
inline constexpr std::size_t configuration_digits = 16;

/// Numbers the records and chains each to the one before: `prev` is the digest of the previous
/// line, its newline included: the hash of that leaf in the tree (RFC 6962 section 2.1), so that
/// chain and tree need one hash of a record, not two.
class Chain {
public:
    /// `next` is the sequence of the next record, `last` the digest of the line before it.
    Chain(Sequence next, const tlog::Hash& last, std::string boot)
        : next_(next), last_(last), boot_(std::move(boot)) {}

    void set_configuration(std::string_view digest) {
        configuration_ = digest.substr(0, configuration_digits);
    }

    Sequence next() const { return next_; }
    /// Digest of the line before it.
    const tlog::Hash& last() const { return last_; }

    /// Appends the record of `event` to `out`, and what it says of persons to `disclosures`.
    template <class Event>
    Sequence append(std::string& out, std::string& disclosures, Instant now, const Event& event) {
        const auto start = out.size();
        discloser_.begin(disclosures, next_);
        Line line(out, discloser_);
        write_head(line, now, name_of(event));
        write_fields(line, event);
        line.finish();
        last_ = tlog::leaf_hash(as_bytes(std::string_view(out).substr(start)));
        return next_++;
    }

private:
    void write_head(Line& line, Instant now, std::string_view event);

    Sequence next_;
    tlog::Hash last_;
    std::string boot_;
    std::string configuration_;
    TimeText time_;
    Discloser discloser_;
};

}  // namespace sallyport::audit
