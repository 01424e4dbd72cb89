#pragma once

#include "audit/log_keys.hpp"
#include "audit/verify.hpp"
#include "tlog/checkpoint.hpp"
#include "tlog/tree.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// Which keys of a log count: one that was given, and one that a key that counts has
/// named in a checkpoint that both signed. Without any that was given, the first one of the log.
class KeyTrust {
public:
    KeyTrust(const LogKeys& keys, const VerifyOptions& options);

    /// These keys, by their place in LogKeys, signed this checkpoint of the log. That the later one
    /// was vouched for, which is so if the checkpoint names it, holds whatever has become of the
    /// records since.
    void signed_by(const std::vector<std::size_t>& signers, const tlog::Checkpoint& checkpoint);
    /// They signed this many records, and these are the records.
    void good(const std::vector<std::size_t>& signers, std::uint64_t size, const tlog::Hash& root);

    struct Findings {
        bool known = false;      // a key that was given vouches for `size`
        std::uint64_t size = 0;  // of the newest good checkpoint of a key that counts
        std::optional<tlog::Hash> root{};
        std::vector<Problem> problems{};
        std::vector<std::string> notes{};
    };
    /// `first`: the oldest record that is looked at; `until`: the last, if not all are.
    Findings conclude(Sequence first, std::optional<Sequence> until) const;

private:
    struct Newest {
        std::uint64_t size = 0;
        tlog::Hash root{};
        bool any = false;
    };
    bool is_given(std::size_t i) const;
    std::string change_to(std::size_t i) const;

    const LogKeys& keys_;
    const std::vector<tlog::VerifierKey>& given_;
    std::vector<Newest> newest_;    // for each key the newest good one
    std::vector<bool> introduced_;  // for each key, whether the one before it named it
};

}  // namespace sallyport::audit
