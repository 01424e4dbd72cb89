#include "audit/ecs_meaning.hpp"

#include "audit/record_fields.hpp"

#include <algorithm>
#include <array>

namespace sallyport::audit {
namespace {

struct Row {
    std::string_view event;  // or its beginning
    std::string_view kind;
    std::string_view category;
    std::string_view type;
    std::string_view outcome{};  // where the record says none
};

/// The first that fits.
constexpr std::array<Row, 38> rows = {{
    {"exchange.begin", "event", "network", "start"},
    {"exchange.end", "event", "network", "end"},
    {"backend.state", "state", "network", "info"},
    {"rfc.call_end", "event", "network", "end"},
    {"rfc.call", "event", "network", "start"},
    {"ldap.operation", "event", "network", "protocol"},
    {"ldap.", "event", "network", "info"},
    {"link.up", "event", "network", "start", "success"},
    {"link.down", "event", "network", "end"},
    {"link.refused", "event", "network", "denied", "failure"},
    {"refusals.", "event", "network", "denied", "failure"},
    {"token.refused", "event", "authentication", "info", "failure"},
    {"client.refused", "event", "authentication", "info", "failure"},
    {"enrolment.refused", "event", "authentication", "info", "failure"},
    {"certificate.issued", "event", "iam", "creation", "success"},
    {"certificate.", "event", "configuration", "change", "success"},
    {"agent.alarm", "alert", "intrusion_detection", "info"},
    {"witness.", "alert", "intrusion_detection", "info", "failure"},
    {"config.", "event", "configuration", "change", "success"},
    {"audit.erased", "event", "configuration", "deletion", "success"},
    {"log.key_changed", "event", "configuration", "change", "success"},
    {"log.pruned", "event", "configuration", "deletion", "success"},
    {"log.opened", "event", "process", "start", "success"},
    {"log.closed", "event", "process", "end", "success"},
    {"log.recovered", "event", "process", "info"},
    {"log.disk_full", "alert", "host", "info", "failure"},
    {"log.watermark", "state", "host", "info"},
    {"log.heartbeat", "state", "process", "info"},
    {"log.", "event", "process", "info"},
    {"segment.", "event", "process", "info"},
    {"clock.", "event", "host", "info"},
    {"admin.login", "event", "authentication", "start"},
    {"admin.", "event", "configuration", "change"},
    {"ready.", "event", "process", "change"},
    // Of other versions:
    {"token.", "event", "authentication", "info"},
    {"link.", "event", "network", "connection"},
    {"audit.", "event", "configuration", "info"},
    {"", "event", "", ""},
}};

const Row& row_of(std::string_view event) {
    return *std::ranges::find_if(rows,
                                 [&](const Row& row) { return event.starts_with(row.event); });
}

bool starts_with_one_of(std::string_view text, std::initializer_list<std::string_view> starts) {
    return std::ranges::any_of(starts,
                               [&](std::string_view start) { return text.starts_with(start); });
}

/// "agent.revoke": what of, and which change.
void read_act(std::string_view act, EcsMeaning& meaning) {
    const auto verb = act.substr(act.rfind('.') + 1);
    const bool is_drain = act == "agent.drain";
    if (!is_drain && starts_with_one_of(act, {"agent.", "client.", "tenant.", "access_key."}))
        meaning.categories = {"iam"};
    if (verb == "add") meaning.types = {"creation"};
    if (starts_with_one_of(verb, {"remove", "revoke", "erase"})) meaning.types = {"deletion"};
    if (verb == "erase_dry_run" || is_drain) meaning.types = {"info"};
    if (meaning.categories.front() == "iam") meaning.types.insert(meaning.types.begin(), "admin");
}

std::string_view outcome_of(std::string_view ours) {
    if (ours == outcome::answered || ours == "allowed" || ours == "done") return "success";
    if (ours == outcome::refused || ours == outcome::failed || ours == outcome::timed_out)
        return "failure";
    return "unknown";
}

}  // namespace

EcsMeaning ecs_meaning(const Record& record) {
    const auto& row = row_of(record.event);
    EcsMeaning meaning{.kind = row.kind, .outcome = row.outcome};
    if (!row.category.empty()) meaning.categories = {row.category};
    if (!row.type.empty()) meaning.types = {row.type};
    if (record.event == "admin.action") read_act(record.text("act"), meaning);
    const auto decision = record.text("decision");
    auto ours = record.text("outcome");
    if (ours.empty()) ours = decision;
    if (!ours.empty()) meaning.outcome = outcome_of(ours);
    if (row.category != "network") return meaning;
    if (record.event.starts_with("link."))
        meaning.types.insert(meaning.types.begin(), "connection");
    if (decision == "allowed") meaning.types.emplace_back("allowed");
    if (ours == outcome::refused) meaning.types.emplace_back("denied");
    return meaning;
}

}  // namespace sallyport::audit
