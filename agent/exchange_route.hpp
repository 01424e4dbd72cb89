#pragma once

#include "audit/events.hpp"
#include "mappings/mapping.hpp"

#include <cstdint>
#include <string>

namespace sallyport::agent {

/// Which internal host an exchange goes to, and how often that was tried; for its record, which
/// names the host that was really used.
class ExchangeRoute {
public:
    ExchangeRoute() = default;
    ExchangeRoute(const ExchangeRoute&) = delete;
    ExchangeRoute& operator=(const ExchangeRoute&) = delete;

    /// Before the begin: it is meant to go to that host. `mapping` and `record` outlive this;
    /// `internal_port` is one of the first host's.
    void plan(const mappings::Mapping& mapping, std::size_t host, std::uint16_t internal_port,
              audit::ExchangeBegin& record) {
        mapping_ = &mapping;
        record_ = &record;
        offset_ = static_cast<std::uint16_t>(internal_port - mapping.internal.ports.first);
        name(host);
    }
    /// An attempt at that host.
    void attempt(std::size_t host) {
        ++attempts_;
        if (host == host_ || mapping_ == nullptr) return;
        moved_ = true;
        name(host);
    }
    /// Another attempt at the same.
    void again() { ++attempts_; }

    const std::string& internal_host() const { return text_; }
    /// Empty unless it is another than planned.
    std::string_view moved_to() const { return moved_ ? std::string_view(text_) : ""; }
    std::uint32_t attempts() const { return attempts_; }

private:
    void name(std::size_t host) {
        const auto& internal = mapping_->host(host);
        host_ = host;
        text_ = internal.text(static_cast<std::uint16_t>(internal.ports.first + offset_));
        record_->internal_host = text_;
    }

    const mappings::Mapping* mapping_ = nullptr;
    audit::ExchangeBegin* record_ = nullptr;
    std::string text_;
    std::size_t host_ = 0;
    std::uint32_t attempts_ = 0;
    std::uint16_t offset_ = 0;  // of the port among those of the mapping
    bool moved_ = false;
};

}  // namespace sallyport::agent
