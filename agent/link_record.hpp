#pragma once

#include "audit/log.hpp"
#include "certs/spiffe.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace sallyport::net {
class TlsDuplex;
}

namespace sallyport::agent {

/// What the audit log says of one link: `link.up` when the hub has welcomed it, and exactly one
/// `link.down` for each of those.
class LinkRecord {
public:
    struct Facts {
        std::string hub;
        std::string link;  // unique in this process: "slot.life"
        std::string location;
        std::uint64_t epoch = 0;
        std::optional<certs::AgentName> own = {};  // none: what our certificate says
    };

    /// Looks at the certificates of both sides. Without a log (nullptr) nothing is recorded.
    LinkRecord(audit::Log* log, Facts facts, const net::TlsDuplex& connection);
    ~LinkRecord();
    LinkRecord(const LinkRecord&) = delete;
    LinkRecord& operator=(const LinkRecord&) = delete;

    void up(const std::string& remote);
    /// Why the link ends; the last one said counts.
    void set_reason(std::string reason) { reason_ = std::move(reason); }

private:
    void make_safe(audit::Sequence sequence);

    audit::Log* log_;
    Facts facts_;
    std::string tenant_;
    std::string agent_;
    std::string certificate_;  // of the hub
    std::string remote_;
    std::string reason_ = "this process gave the link up";
    std::chrono::steady_clock::time_point since_{};
    bool up_ = false;
};

}  // namespace sallyport::agent
