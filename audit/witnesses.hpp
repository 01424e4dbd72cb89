#pragma once

#include "audit/log.hpp"
#include "audit/log_keys.hpp"
#include "audit/witness_steps.hpp"
#include "base/result.hpp"
#include "tlog/tree.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::audit {

/// What each witness has countersigned, and what it has not, in a few hashes. A file remembers the
/// sizes over a restart, so that a witness is shown every change of the key; what a witness knows
/// is its own to say, and nobody believes the file. Every member may be called from any thread.
class Witnesses {
public:
    explicit Witnesses(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The sealer goes on with this log, which is sealed up to there. Nothing changes if it is the
    /// one of before.
    void begin(const std::string& origin, const tlog::Range& sealed);
    /// There is a new checkpoint; `step` holds the records since the one before, `all` all.
    void sealed(const WitnessStep& step, const tlog::Range& all);

    /// What the file remembers of a witness that was not heard of since the start.
    std::optional<std::uint64_t> remembered(std::string_view witness);
    /// See Log::unwitnessed(); without the keys.
    std::optional<Unwitnessed> offer(std::string_view witness);

    /// Gives the checkpoint with those lines. Errors: Errc::conflict if this was not offered;
    /// Errc::malformed.
    Result<std::string> cosigned(std::string_view witness, std::uint64_t size,
                                 std::string_view signature_lines);
    /// See Log::witness_knows().
    Result<void> knows(std::string_view witness, std::uint64_t size, const LogKeys& keys);

    /// Up to where anybody has countersigned this log since the start.
    std::uint64_t witnessed() const;
    /// Up to where this witness has.
    std::uint64_t witnessed_by(std::string_view witness) const;
    /// The same, also before the start, as the file remembers it.
    std::uint64_t countersigned_by(std::string_view witness) const;

private:
    struct Tracked {
        tlog::Range old{0};              // what it has countersigned
        std::vector<WitnessStep> steps;  // what it has not; the first may be offered
        bool offered = false;            // the first step: it must not grow
        bool catching_up = false;        // the steps before these are being read
        std::uint64_t witnessed = 0;     // with a signature that we have seen
    };
    void remember(std::string_view witness, std::uint64_t size);
    void show(std::string_view witness, const std::string& note) const;
    Tracked& tracked(std::string_view witness);
    std::uint64_t witnessed_locked(std::string_view witness) const;
    Result<bool> is_at_hand(Tracked& tracked, std::uint64_t size);

    const std::filesystem::path folder_;
    mutable std::mutex mutex_;
    std::string origin_;
    std::uint64_t beginnings_ = 0;  // of other logs
    WitnessStep newest_;            // its range: all records
    std::map<std::string, std::uint64_t, std::less<>> remembered_;
    std::map<std::string, Tracked, std::less<>> witnesses_;
    std::mutex file_mutex_;
};

}  // namespace sallyport::audit
