#include "audit/record_fields.hpp"

namespace sallyport::audit {

void write_fields(Line& line, const ExchangeBegin& event) {
    line.text("exchange", event.exchange);
    line.text("tenant", event.tenant);
    line.text("client", event.client);
    line.text("hub", event.hub);
    line.text("location", event.location);
    line.text("agent", event.agent);
    line.text("user", event.user);
    line.text("user_type", event.user_type);
    line.text("issuer", event.issuer);
    line.text("principal", event.principal);
    line.text("virtual_host", event.virtual_host);
    line.text("internal_host", event.internal_host);
    line.text("method", event.method);
    line.text("path", event.path, Line::path_bytes_max);
    line.text("rule", event.rule);
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
    if (event.begin) return;
    line.text("tenant", end.tenant);
    line.text("client", end.client);
    line.text("hub", end.hub);
    line.text("location", end.location);
    line.text("user", end.user);
    line.text("user_type", end.user_type);
    line.text("issuer", end.issuer);
    line.text("virtual_host", end.virtual_host);
    line.text("method", end.method);
    line.text("path", end.path, Line::path_bytes_max);
    line.text("rule", end.rule);
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
    line.text("level", event.level);
    line.text("durability", event.durability);
    line.text("on_failure", event.on_failure);
}

void write_fields(Line& line, const CertificateEnrolled& event) {
    line.text("purpose", event.purpose);
    line.text("subject", event.subject);
    line.text("issuer", event.issuer);
    line.text("serial", event.serial);
    line.text("not_after", event.not_after);
    line.text("sha256", event.sha256);
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

void write_fields(Line&, const LogClosed&) {}

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
