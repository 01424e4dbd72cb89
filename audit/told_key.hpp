#pragma once

#include "audit/log_keys.hpp"
#include "audit/verify.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sallyport::audit {

/// The key of a log that was put aside, as the log that followed names it: who puts another log
/// there may give it the same name, but has not that key.
class ToldKey {
public:
    ToldKey(const LogKeys& keys, const VerifyOptions& options);

    /// A checkpoint of these signers is of the records that are there.
    void good(const std::vector<std::size_t>& signers);
    /// `broken`: not all checkpoints could be compared, for a reason that is told.
    std::optional<Problem> conclude(bool broken) const;

private:
    std::string told_{};                   // empty: none, or the name is another, which is told
    std::optional<std::size_t> listed_{};  // its place in LogKeys
    bool vouches_ = false;
};

}  // namespace sallyport::audit
