#pragma once

#include "audit/log_keys.hpp"
#include "audit/recovery.hpp"
#include "audit/sealing.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// What a start finds out about the log that is there, before it touches it.
struct StartCheck {
    /// Why it can not be gone on with: what was signed is not there as it was signed.
    std::optional<std::string> broken{};
    // The newest checkpoint.
    std::uint64_t signed_size = 0;
    tlog::Hash signed_root = tlog::empty_root();
    std::string newest_note{};
    /// The key whose signature it has, the newest of them; empty if there is none.
    std::string signed_by(const LogKeys& keys) const;

    SealState state;  // where sealing goes on
    /// Behind the signed part, whole lines begin here that do not follow from the ones before.
    std::optional<Place> unsound{};
    /// The checkpoint files that were read, and how much of each is whole notes.
    struct Checkpoints {
        std::filesystem::path path;
        std::size_t whole_bytes = 0;
        std::size_t last_note = 0;  // where it begins
        bool torn = false;
    };
    std::vector<Checkpoints> checkpoints{};
};

/// Compares the newest segment with its checkpoints, from its opening checkpoint on; an older one
/// too, if that file is missing or does not begin with a whole note. Without `keys` the log has
/// no checkpoints yet: everything is read. Changes nothing. Errors: the operating system's.
Result<StartCheck> check_start(const std::filesystem::path& folder, const LogKeys* keys);

}  // namespace sallyport::audit
