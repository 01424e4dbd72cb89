#pragma once

#include "base/result.hpp"
#include "certs/certificate.hpp"
#include "certs/spiffe.hpp"
#include "hub/hub_audit.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::hub {

/// What the audit log says of one link: that it was taken in, and that it has ended; or that it
/// was not taken in. One per link, on its thread.
class LinkEvidence {
public:
    struct Facts {
        std::string hub;
        std::string link;  // "0.17": worker, and number there
        std::string remote;
        std::string certificate;  // SHA-256, hexadecimal
    };
    /// `audit` may be null: nothing is recorded.
    LinkEvidence(HubAudit* audit, Facts facts, const certs::AgentName& name);
    /// Says that it has ended, if it was up.
    ~LinkEvidence();
    LinkEvidence(const LinkEvidence&) = delete;
    LinkEvidence& operator=(const LinkEvidence&) = delete;

    void up(std::string_view location, std::uint64_t epoch);
    void ended(const Error& why);
    void refused(std::string_view location, std::string_view code, const Error& why);

private:
    HubAudit* audit_;
    Facts facts_;
    std::string tenant_;
    std::string agent_;
    std::string reason_;
    std::chrono::steady_clock::time_point since_{};
    bool seen_ = false;
    bool up_ = false;  // on record
};

}  // namespace sallyport::hub
