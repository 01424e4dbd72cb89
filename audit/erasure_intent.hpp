#pragma once

#include "audit/erasure.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sallyport::audit {

/// An erasure that has begun and is not on record yet. It stands in a file beside the folder of the
/// log, so that what a kill interrupts is finished, and told, by the next start.
struct ErasureIntent {
    ErasureOrder order{};
    std::string who{};
    std::string salt{};  // hexadecimal
    std::string subject_c{};
    std::uint64_t count = 0;  // values that are gone
    std::uint64_t segments = 0;
    /// The file that is being replaced, below the folder of the log, and how many values go with
    /// it; empty = none.
    std::string file{};
    std::uint64_t values = 0;
};

/// The one of the log in this folder. It tells whose values go, and nobody copies it with the log.
class ErasureIntentFile {
public:
    explicit ErasureIntentFile(const std::filesystem::path& folder);

    /// Durable when it returns. Errors: the operating system's; what was there before stays.
    Result<void> write(const ErasureIntent& intent) const;
    /// nullopt if there is none. Errors: Errc::malformed; the operating system's.
    Result<std::optional<ErasureIntent>> read() const;
    /// Also what a kill left of one that was being written. Errors: the operating system's.
    Result<void> remove() const;

private:
    std::filesystem::path path_;
    std::filesystem::path unfinished_;
};

}  // namespace sallyport::audit
