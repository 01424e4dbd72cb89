#pragma once

#include "audit/segment.hpp"
#include "audit/verify.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <vector>

namespace sallyport::audit {

/// What the checkpoints say of the records, whatever the records say themselves.
struct SealFindings {
    SealReport report{};
    std::vector<Problem> problems{};
    std::vector<std::string> notes{};
};

/// Computes the tree over the very bytes of the lines of `segments` and compares it with all
/// checkpoints of these segments and those of `options`. `leaves_out`: there are segments before
/// these, which nobody asked for. Errors: the operating system's.
Result<SealFindings> verify_seals(const std::filesystem::path& folder,
                                  const std::vector<Segment>& segments,
                                  const VerifyOptions& options, bool leaves_out);

}  // namespace sallyport::audit
