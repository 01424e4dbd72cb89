// What each event puts into its record: its name, and its own keys in their fixed order.
#pragma once

#include "audit/events.hpp"
#include "audit/hub_fields.hpp"
#include "audit/line.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::audit {

namespace event {
inline constexpr std::string_view exchange_begin = "exchange.begin";
inline constexpr std::string_view exchange_end = "exchange.end";
inline constexpr std::string_view backend_state = "backend.state";
inline constexpr std::string_view rfc_call = "rfc.call";
inline constexpr std::string_view rfc_call_end = "rfc.call_end";
inline constexpr std::string_view link_up = "link.up";
inline constexpr std::string_view link_down = "link.down";
inline constexpr std::string_view config_changed = "config.changed";
inline constexpr std::string_view certificate_enrolled = "certificate.enrolled";
inline constexpr std::string_view ldap_operation = "ldap.operation";
inline constexpr std::string_view ldap_unseen = "ldap.unseen";
inline constexpr std::string_view log_opened = "log.opened";
inline constexpr std::string_view log_recovered = "log.recovered";
inline constexpr std::string_view log_heartbeat = "log.heartbeat";
inline constexpr std::string_view log_key_changed = "log.key_changed";
inline constexpr std::string_view log_watermark = "log.watermark";
inline constexpr std::string_view log_pruned = "log.pruned";
inline constexpr std::string_view log_disk_full = "log.disk_full";
inline constexpr std::string_view log_closed = "log.closed";
inline constexpr std::string_view audit_erased = "audit.erased";
inline constexpr std::string_view segment_sealed = "segment.sealed";
inline constexpr std::string_view segment_opened = "segment.opened";
inline constexpr std::string_view clock_step = "clock.step";
}  // namespace event

/// An end together with the sequence of its begin, which only the log knows.
struct PairedEnd {
    const ExchangeEnd& end;
    std::optional<std::uint64_t> begin;
};

constexpr std::string_view name_of(const ExchangeBegin&) { return event::exchange_begin; }
constexpr std::string_view name_of(const PairedEnd&) { return event::exchange_end; }
constexpr std::string_view name_of(const BackendState&) { return event::backend_state; }
constexpr std::string_view name_of(const RfcCall&) { return event::rfc_call; }
constexpr std::string_view name_of(const RfcCallEnd&) { return event::rfc_call_end; }
constexpr std::string_view name_of(const LinkUp&) { return event::link_up; }
constexpr std::string_view name_of(const LinkDown&) { return event::link_down; }
constexpr std::string_view name_of(const ConfigChanged&) { return event::config_changed; }
constexpr std::string_view name_of(const CertificateEnrolled&) {
    return event::certificate_enrolled;
}
constexpr std::string_view name_of(const LdapOperation&) { return event::ldap_operation; }
constexpr std::string_view name_of(const LdapUnseen&) { return event::ldap_unseen; }
constexpr std::string_view name_of(const LogOpened&) { return event::log_opened; }
constexpr std::string_view name_of(const LogRecovered&) { return event::log_recovered; }
constexpr std::string_view name_of(const LogHeartbeat&) { return event::log_heartbeat; }
constexpr std::string_view name_of(const LogKeyChanged&) { return event::log_key_changed; }
constexpr std::string_view name_of(const LogWatermark&) { return event::log_watermark; }
constexpr std::string_view name_of(const LogPruned&) { return event::log_pruned; }
constexpr std::string_view name_of(const LogDiskFull&) { return event::log_disk_full; }
constexpr std::string_view name_of(const AuditErased&) { return event::audit_erased; }
constexpr std::string_view name_of(const LogClosed&) { return event::log_closed; }
constexpr std::string_view name_of(const SegmentSealed&) { return event::segment_sealed; }
constexpr std::string_view name_of(const SegmentOpened&) { return event::segment_opened; }
constexpr std::string_view name_of(const ClockStep&) { return event::clock_step; }

void write_fields(Line& line, const ExchangeBegin& event);
void write_fields(Line& line, const PairedEnd& event);
void write_fields(Line& line, const BackendState& event);
void write_fields(Line& line, const RfcCall& event);
void write_fields(Line& line, const RfcCallEnd& event);
void write_fields(Line& line, const LinkUp& event);
void write_fields(Line& line, const LinkDown& event);
void write_fields(Line& line, const ConfigChanged& event);
void write_fields(Line& line, const CertificateEnrolled& event);
void write_fields(Line& line, const LdapOperation& event);
void write_fields(Line& line, const LdapUnseen& event);
void write_fields(Line& line, const LogOpened& event);
void write_fields(Line& line, const LogRecovered& event);
void write_fields(Line& line, const LogHeartbeat& event);
void write_fields(Line& line, const LogKeyChanged& event);
void write_fields(Line& line, const LogWatermark& event);
void write_fields(Line& line, const LogPruned& event);
void write_fields(Line& line, const LogDiskFull& event);
void write_fields(Line& line, const AuditErased& event);
void write_fields(Line& line, const LogClosed& event);
void write_fields(Line& line, const SegmentSealed& event);
void write_fields(Line& line, const SegmentOpened& event);
void write_fields(Line& line, const ClockStep& event);

}  // namespace sallyport::audit
