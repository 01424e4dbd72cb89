// As record_fields.hpp, for audit/hub_events.hpp.
#pragma once

#include "audit/hub_events.hpp"
#include "audit/line.hpp"

#include <string_view>

namespace sallyport::audit {

constexpr std::string_view name_of(const AdminAction&) { return "admin.action"; }
constexpr std::string_view name_of(const AdminLogin&) { return "admin.login"; }
constexpr std::string_view name_of(const ReadyChanged&) { return "ready.changed"; }
constexpr std::string_view name_of(const LinkRefused&) { return "link.refused"; }
constexpr std::string_view name_of(const TokenRefused&) { return "token.refused"; }
constexpr std::string_view name_of(const ClientRefused&) { return "client.refused"; }
constexpr std::string_view name_of(const EnrolmentRefused&) { return "enrolment.refused"; }
constexpr std::string_view name_of(const RefusalsLeftOut&) { return "refusals.left_out"; }
constexpr std::string_view name_of(const CertificateIssued&) { return "certificate.issued"; }
constexpr std::string_view name_of(const AgentAlarm&) { return "agent.alarm"; }
constexpr std::string_view name_of(const WitnessRefused&) { return "witness.refused"; }

void write_fields(Line& line, const AdminAction& event);
void write_fields(Line& line, const AdminLogin& event);
void write_fields(Line& line, const ReadyChanged& event);
void write_fields(Line& line, const LinkRefused& event);
void write_fields(Line& line, const TokenRefused& event);
void write_fields(Line& line, const ClientRefused& event);
void write_fields(Line& line, const EnrolmentRefused& event);
void write_fields(Line& line, const RefusalsLeftOut& event);
void write_fields(Line& line, const CertificateIssued& event);
void write_fields(Line& line, const AgentAlarm& event);
void write_fields(Line& line, const WitnessRefused& event);

}  // namespace sallyport::audit
