#pragma once

#include "certs/certificate.hpp"

#include <span>

namespace sallyport::certs {

/// check_chain for a leaf that may have ended: for renewals during a grace, which the caller
/// judges. Its beginning, and the dates of all above it, count as always.
Result<void> check_chain_of_expired(const Certificate& leaf,
                                    std::span<const Certificate> intermediates,
                                    std::span<const Certificate> anchors,
                                    const ChainPolicy& policy);

}  // namespace sallyport::certs
