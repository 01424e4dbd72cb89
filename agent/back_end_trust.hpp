#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/revocation.hpp"
#include "mappings/pin.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sallyport::net {
class TlsContext;
}

namespace sallyport::agent {

/// Whom this site believes to be a back end: what the files of [trust] hold at one moment.
struct BackEndTrust {
    std::vector<certs::Certificate> anchors;
    std::shared_ptr<const certs::RevocationLists> revoked;
    std::string digest;  // over all files; empty if there are none
    std::vector<std::string> warnings;

    /// Errors name the file and what is wrong with it.
    static Result<BackEndTrust> load(const TrustConfig& config, certs::Time now);

    /// `pins` not empty: the back end's key must be one of them.
    Result<std::shared_ptr<const net::TlsContext>> context(
        std::span<const mappings::Pin> pins) const;
};

}  // namespace sallyport::agent
