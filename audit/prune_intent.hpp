#pragma once

#include "audit/log.hpp"
#include "audit/log_keys.hpp"
#include "base/result.hpp"
#include "tlog/signer.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace sallyport::audit {

/// What is about to be deleted: of a crash, or of a log that has failed, the next start finishes
/// it and puts it on record.
struct PruneIntent {
    enum class State {
        untold,  // no record tells of it yet
        told,    // one does
        done,    // and all of it is gone
    };
    State state = State::untold;
    std::string origin{};  // of the log
    Pruned pruned{};

    /// Both, as one deletion: this is the later one.
    PruneIntent after(const PruneIntent& earlier) const;
};

/// The file beside the folder of the log that says it. It has its room before it is needed, since
/// much is deleted when the disk is full, and it is signed: who can write files shall not have the
/// log say that it deleted what was taken away from it.
class PruneIntentFile {
public:
    /// There are two places, which take turns: what is being written is never all there is.
    static constexpr std::size_t slots = 2;
    static constexpr std::size_t slot_bytes = 16 * 1024;

    explicit PruneIntentFile(const std::filesystem::path& folder);

    /// Makes the file, if it is not there as it should be. Errors: Errc::unavailable before read()
    /// has seen what is there, which would be lost, or taken for newer than what is written then;
    /// the operating system's.
    Result<void> prepare() const;
    /// Durable when it returns. Errors: those of prepare(); Errc::limit.
    Result<void> write(const PruneIntent& intent, const tlog::Signer& signer);
    /// The one that was written last; nullopt if there is none. Errors: Errc::untrusted if the log
    /// with these keys made none of what is there; the operating system's.
    Result<std::optional<PruneIntent>> read(const LogKeys& keys);
    /// Whether read() has seen what is there, be it nothing or nothing to trust.
    bool looked_at() const { return looked_at_; }

private:
    std::filesystem::path path_;
    bool looked_at_ = false;
    std::uint64_t number_ = 0;  // of the one written last
    std::size_t slot_ = 0;      // that the next one takes
};

}  // namespace sallyport::audit
