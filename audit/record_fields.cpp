#include "audit/record_fields.hpp"

namespace sallyport::audit {

void write_fields(Line& line, const ExchangeBegin& event) {
    line.text("exchange", event.exchange);
    line.text("tenant", event.tenant);
    line.text("client", event.client);
    line.text("hub", event.hub);
    line.text("location", event.location);
    line.text("agent", event.agent);
    line.personal("user", event.user);
    line.text("user_type", event.user_type);
    line.text("issuer", event.issuer);
    line.personal("principal", event.principal);
    line.text("virtual_host", event.virtual_host);
    line.text("internal_host", event.internal_host);
    line.text("method", event.method);
    line.text("path", event.path, Line::path_bytes_max);
    line.text("destination", event.destination, Line::path_bytes_max);
    line.text("rule", event.rule);
    line.text("trace", event.trace);
    line.text("decision", event.decision);
}

void write_fields(Line& line, const PairedEnd& event) {
    const auto& end = event.end;
    line.text("exchange", end.exchange);
    if (event.begin) line.number("begin", *event.begin);
    line.text("outcome", end.outcome);
    line.number("status", static_cast<std::int64_t>(end.status));
    line.text("reason", end.reason);
    line.number("request_bytes", end.request_bytes);
    line.number("response_bytes", end.response_bytes);
    line.number("duration_us", static_cast<std::int64_t>(end.duration.count()));
    if (end.attempts > 1) line.number("attempts", end.attempts);
    line.text("internal_host", end.internal_host);
    line.text("trace", end.trace);
    if (event.begin) return;
    line.text("tenant", end.tenant);
    line.text("client", end.client);
    line.text("hub", end.hub);
    line.text("location", end.location);
    line.personal("user", end.user);
    line.text("user_type", end.user_type);
    line.text("issuer", end.issuer);
    line.text("virtual_host", end.virtual_host);
    line.text("method", end.method);
    line.text("path", end.path, Line::path_bytes_max);
    line.text("destination", end.destination, Line::path_bytes_max);
    line.text("rule", end.rule);
    line.text("token_fault", end.token_fault);
}

void write_fields(Line& line, const BackendState& event) {
    line.text("virtual_host", event.virtual_host);
    line.text("internal_host", event.internal_host);
    line.text("state", event.state);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const RfcCall& event) {
    line.text("exchange", event.exchange);
    line.text("tenant", event.tenant);
    line.text("client", event.client);
    line.text("hub", event.hub);
    line.text("location", event.location);
    line.text("virtual_host", event.virtual_host);
    line.text("internal_host", event.internal_host);
    line.number("call", event.call);
    line.text("function", event.function);
    line.text("sap_client", event.sap_client);
    line.personal("sap_user", event.sap_user);
    line.text("rule", event.rule);
    line.text("decision", event.decision);
    if (event.decision != outcome::refused) return;
    line.text("outcome", outcome::refused);
    line.text("reason", event.reason);
    line.text("detail", event.detail);
    line.number("request_bytes", event.request_bytes);
}

void write_fields(Line& line, const RfcCallEnd& event) {
    line.text("exchange", event.exchange);
    if (event.begin) line.number("begin", *event.begin);
    line.number("call", event.call);
    line.text("function", event.function);
    line.text("outcome", event.outcome);
    line.text("reason", event.reason);
    line.text("result", event.result);
    line.number("request_bytes", event.request_bytes);
    line.number("response_bytes", event.response_bytes);
    line.number("duration_us", static_cast<std::int64_t>(event.duration.count()));
}

void write_fields(Line& line, const LinkUp& event) {
    line.text("hub", event.hub);
    line.text("link", event.link);
    line.text("remote", event.remote);
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("location", event.location);
    line.text("certificate", event.certificate);
    line.number("epoch", event.epoch);
}

void write_fields(Line& line, const LinkDown& event) {
    line.text("hub", event.hub);
    line.text("link", event.link);
    line.text("remote", event.remote);
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("reason", event.reason);
    line.number("duration_us", static_cast<std::int64_t>(event.duration.count()));
}

void write_fields(Line& line, const ConfigChanged& event) {
    line.text("before", event.before);
    line.text("after", event.after);
    line.text("who", event.who);
    line.text("account", event.account);
    line.text("level", event.level);
    line.text("durability", event.durability);
    line.text("on_failure", event.on_failure);
    line.text("categories", event.categories);
    line.text("changes", event.changes);
    line.text("retention", event.retention);
    line.text("off_reason", event.off_reason);
}

void write_fields(Line& line, const CertificateEnrolled& event) {
    line.text("purpose", event.purpose);
    line.text("subject", event.subject);
    line.text("issuer", event.issuer);
    line.text("serial", event.serial);
    line.text("not_after", event.not_after);
    line.text("sha256", event.sha256);
}

void write_fields(Line& line, const LdapOperation& event) {
    line.text("exchange", event.exchange);
    line.text("tenant", event.tenant);
    line.text("client", event.client);
    line.personal("user", event.user);
    line.text("virtual_host", event.virtual_host);
    line.text("operation", event.operation);
    line.number("message_id", std::uint64_t{event.message_id});
    line.text("authentication", event.authentication);
    line.personal("bind_dn", event.bind_dn);
    line.text("mechanism", event.mechanism);
    line.text("oid", event.oid);
    line.personal("bound_as", event.bound_as);
    line.text("decision", event.decision);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const LdapUnseen& event) {
    line.text("exchange", event.exchange);
    line.text("tenant", event.tenant);
    line.text("client", event.client);
    line.personal("user", event.user);
    line.text("virtual_host", event.virtual_host);
    line.personal("bound_as", event.bound_as);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const LogOpened& event) {
    line.text("program", event.program);
    line.text("version", event.version);
    line.number("pid", event.pid);
    line.text("configuration", event.configuration);
    line.text("level", event.level);
    line.text("durability", event.durability);
    line.text("on_failure", event.on_failure);
    line.number("lost", event.lost);
    line.text("origin", event.origin);
    line.text("vkey", event.vkey);
    line.text("retention", event.retention);
    line.text("off_reason", event.off_reason);
    if (event.previous_generation.empty()) return;
    line.text("previous_generation", event.previous_generation);
    line.text("previous_origin", event.previous_origin);
    line.number("previous_size", event.previous_size);
    line.text("previous_root", event.previous_root);
    line.text("previous_vkey", event.previous_vkey);
    line.text("broken", event.broken);
}

void write_fields(Line&, const LogHeartbeat&) {}

void write_fields(Line& line, const LogKeyChanged& event) {
    line.text("before", event.before);
    line.text("after", event.after);
    line.text("who", event.who);
}

void write_fields(Line& line, const LogRecovered& event) {
    line.text("file", event.file);
    line.number("torn_bytes", event.torn_bytes);
    line.number("torn_lines", event.torn_lines);
    line.text("sha256", event.sha256);
    line.text("copy", event.copy);
    line.number("dropped", event.dropped);
    line.number("unrecorded", event.unrecorded);
    line.text("failure", event.failure);
}

void write_fields(Line& line, const LogWatermark& event) {
    line.number("percent", event.percent);
    line.number("free_bytes", event.free_bytes);
    line.text("state", event.state);
    line.number("unrecorded", event.unrecorded);
}

void write_fields(Line& line, const LogPruned& event) {
    line.number("first", event.first);
    line.text("reason", event.reason);
    line.text("policy", event.policy);
    line.text("who", event.who);
    line.number("segments", event.segments);
    line.number("bytes", event.bytes);
    line.number("disclosures", event.disclosures);
    line.text("untaken", event.untaken);
    line.text("youngest", event.youngest);
}

void write_fields(Line& line, const LogDiskFull& event) {
    line.number("free_bytes", event.free_bytes);
    line.text("on_failure", event.on_failure);
    line.text("failure", event.failure);
}

void write_fields(Line& line, const AuditErased& event) {
    line.text("subject_c", event.subject_c);
    line.text("match", event.match);
    line.text("until", event.until);
    line.number("count", event.count);
    line.number("segments", event.segments);
    line.text("reason", event.reason);
    line.text("who", event.who);
}

void write_fields(Line&, const LogClosed&) {}

void write_fields(Line& line, const SegmentSealed& event) {
    line.number("records", event.records);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const SegmentOpened& event) {
    line.text("previous", event.previous);
    line.number("previous_bytes", event.previous_bytes);
    line.number("open_since", event.open_since);
}

void write_fields(Line& line, const ClockStep& event) {
    line.text("expected", event.expected);
    line.number("step_us", static_cast<std::int64_t>(event.step.count()));
}

}  // namespace sallyport::audit
