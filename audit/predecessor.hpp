#pragma once

#include "audit/log.hpp"
#include "audit/record.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sallyport::audit {

/// What a log says, when it begins, of the one before it, which was put aside
/// (docs/AUDIT.md#broken).
struct Predecessor {
    Sequence told_in = 0;
    std::string folder{};    // its name: "generation-0001"
    std::string origin{};    // empty if it was not known
    std::uint64_t size = 0;  // records in its newest checkpoint; 0 if none could be read
    std::string root{};      // of that, base64
    std::string vkey{};      // the key that signed it; empty if it was not known
    std::string broken{};    // why it was put aside
};

/// nullopt if the record tells of none.
std::optional<Predecessor> predecessor_of(const Record& record);

/// For people: which one, and why.
std::string describe(const Predecessor& before);

}  // namespace sallyport::audit
