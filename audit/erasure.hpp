#pragma once

#include "audit/clock.hpp"
#include "audit/log.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport::audit {

/// Whose values are to be erased from what the log discloses. Of a record in which one value is the
/// subject's all are erased: they all tell who it was.
struct ErasureOrder {
    std::string subject;              // the whole value, as `query` shows it
    bool pattern = false;             // `*` and `?` in the subject stand for others
    std::optional<WallTime> until{};  // only in records before it
    std::string reason{};             // comes into the log
    bool dry_run = false;             // only counts
};

/// What an order did, or would do.
struct Erasure {
    std::uint64_t count = 0;         // values
    std::uint64_t segments = 0;      // that had any
    std::string salt{};              // hexadecimal; stands nowhere else
    std::string subject_c{};         // the record's commitment to the subject, with that salt
    Sequence record = not_recorded;  // `audit.erased`; none of a dry run
};

}  // namespace sallyport::audit
