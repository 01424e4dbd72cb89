// A log that began because the one before it was not as it was signed must not look good without a
// word of that one.
#pragma once

#include "audit/predecessor.hpp"
#include "audit/verify.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// A log that was put aside.
struct GenerationReport {
    std::string name{};                 // of its folder
    std::optional<Predecessor> told{};  // what the log that followed it says of it
    Report report{};
};

/// A log, and those that were put aside before it.
struct WholeReport {
    Report log{};
    std::vector<GenerationReport> generations{};  // newest first

    bool good() const;
};

/// verify(), also of every `generation-NNNN` in the folder: each must be what the log that followed
/// it says of it. Of `options` they get what has their name. Errors: those of verify() of the log
/// itself; a generation that cannot be read is a problem.
Result<WholeReport> verify_whole(const std::filesystem::path& folder, const VerifyOptions& options);

/// What there is to say of one that was put aside, beyond its problems.
std::vector<std::string> compare_with_told(const std::optional<Predecessor>& told,
                                           const Report& found);

/// Notes about logs that are told of, and do not lie there.
std::vector<std::string> missing_generations(const std::vector<Predecessor>& told,
                                             const std::vector<std::string>& there);

/// What of `given` is about the log of that name: its keys and checkpoints.
VerifyOptions given_of(const VerifyOptions& given, const std::string& origin);

}  // namespace sallyport::audit
