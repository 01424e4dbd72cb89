#include "audit/hub_fields.hpp"

namespace sallyport::audit {

void write_fields(Line& line, const AdminAction& event) {
    line.text("act", event.act);
    line.text("who", event.who);
    line.text("account", event.account);
    line.text("sudo_account", event.sudo_account);
    line.text("tenant", event.tenant);
    line.text("object", event.object);
    line.text("before", event.before);
    line.text("after", event.after);
    line.text("outcome", event.outcome);
    line.text("reason", event.reason);
    line.text("done_at", event.done_at);
    if (event.outbox) line.number("outbox", *event.outbox);
}

void write_fields(Line& line, const AdminLogin& event) {
    line.text("who", event.who);
    line.text("account", event.account);
    line.text("remote", event.remote);
    line.text("outcome", event.outcome);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const ReadyChanged& event) {
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("location", event.location);
    line.text("state", event.state);
    line.text("reason", event.reason);
    if (event.round_trip.count() > 0)
        line.number("round_trip_us", static_cast<std::int64_t>(event.round_trip.count()));
}

void write_fields(Line& line, const LinkRefused& event) {
    line.text("hub", event.hub);
    line.text("remote", event.remote);
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("location", event.location);
    line.text("certificate", event.certificate);
    line.text("code", event.code);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const TokenRefused& event) {
    line.text("exchange", event.exchange);
    line.text("via", event.via);
    line.text("remote", event.remote);
    line.text("tenant", event.tenant);
    line.text("client", event.client);
    line.text("location", event.location);
    line.text("virtual_host", event.virtual_host);
    line.text("code", event.code);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const ClientRefused& event) {
    line.text("client", event.client);
    line.text("remote", event.remote);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const EnrolmentRefused& event) {
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("remote", event.remote);
    line.text("serial", event.serial);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const RefusalsLeftOut& event) {
    line.text("refused", event.refused);
    line.number("count", event.count);
}

void write_fields(Line& line, const CertificateIssued& event) {
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("purpose", event.purpose);
    line.number("generation", event.generation);
    line.text("serial", event.serial);
    line.text("not_after", event.not_after);
    line.text("sha256", event.sha256);
    line.text("key", event.key);
    line.text("issuer", event.issuer);
    line.text("remote", event.remote);
}

void write_fields(Line& line, const AgentAlarm& event) {
    line.text("tenant", event.tenant);
    line.text("agent", event.agent);
    line.text("remote", event.remote);
    line.text("code", event.code);
    line.text("reason", event.reason);
}

void write_fields(Line& line, const WitnessRefused& event) {
    line.text("witness", event.witness);
    line.text("code", event.code);
    line.text("reason", event.reason);
}

}  // namespace sallyport::audit
