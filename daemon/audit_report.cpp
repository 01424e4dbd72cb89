#include "daemon/audit_report.hpp"

#include "daemon/json_text.hpp"

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

json::object to_json(const audit::Storage& storage) {
    json::object out{
        {"first", storage.first},           {"segments", storage.segments},
        {"bytes", storage.bytes},           {"watermark_percent", storage.watermark_percent},
        {"free_bytes", storage.free_bytes}, {"disk_bytes", storage.total_bytes},
        {"reserves", storage.reserves}};
    if (storage.held > 0) {
        out["held"] = storage.held;
        auto& by = out["held_by"].emplace_array();
        for (const auto& name : storage.held_by) by.emplace_back(name);
    }
    if (storage.oldest) out["oldest"] = audit::to_rfc3339(*storage.oldest);
    return out;
}

std::string describe_storage(const json::object& storage) {
    std::string text = "    " + text_of(storage.at("segments")) + " segments, " +
                       text_of(storage.at("bytes")) + " bytes";
    if (const auto* oldest = storage.if_contains("oldest")) text += ", since " + text_of(*oldest);
    text += "; " + text_of(storage.at("free_bytes")) + " bytes are free";
    if (storage.at("watermark_percent").to_number<std::uint64_t>() > 0)
        text += ", THE DISK IS " + text_of(storage.at("watermark_percent")) + " % FULL";
    if (!storage.at("reserves").as_bool())
        text += "; this file system cannot reserve room for the last records";
    text += "\n";
    if (const auto* held = storage.if_contains("held"))
        text += "    " + text_of(*held) + " segments would be deleted, but wait for: " +
                names_of(storage.at("held_by").as_array()) + "\n";
    return text;
}

/// While the log has failed, or its disk is nearly full: what happens to exchanges.
std::string describe_policy(const json::object& status, const AuditWording& wording) {
    if (text_of(status.at("on_failure")) == "block") return "    " + std::string(wording.blocked);
    return "    " + std::string(wording.degraded) + ", so far " + text_of(status.at("unrecorded"));
}

}  // namespace

json::object audit_status(const audit::Log& log) {
    const auto failure = log.failure();
    json::object status{{"healthy", log.healthy()},
                        {"nearly_full", log.nearly_full()},
                        {"durability", audit::to_text(log.durability())},
                        {"on_failure", audit::to_text(log.on_failure())},
                        {"dropped", log.dropped()},
                        {"unrecorded", log.unrecorded()}};
    if (failure) status["failure"] = to_text(*failure);
    status["storage"] = to_json(log.storage());
    const auto identity = log.identity();
    status["sealed"] = log.sealed().size;
    status["origin"] = identity.origin;
    status["vkey"] = identity.vkey;
    if (const auto broken = log.broken(); !broken.empty()) status["broken"] = broken;
    const auto kept = log.retention();
    status["retention"] = json::object{{"days", kept.days},
                                       {"bytes", kept.bytes},
                                       {"disclosure_days", kept.disclosure_days},
                                       {"hold_days", kept.hold_days}};
    return status;
}

std::string describe_audit(const json::object& status, const AuditWording& wording) {
    const bool healthy = status.at("healthy").as_bool();
    const bool nearly_full = status.at("nearly_full").as_bool();
    std::string text = std::string("audit log ") +
                       (!healthy      ? "FAILED"
                        : nearly_full ? "healthy, DISK NEARLY FULL"
                                      : "healthy") +
                       ", " + text_of(status.at("durability")) + ", on failure " +
                       text_of(status.at("on_failure")) + "\n" +
                       describe_storage(status.at("storage").as_object());
    if (const auto* broken = status.if_contains("broken"))
        text += "    THE LOG BEFORE WAS CHANGED and put aside: " + text_of(*broken) + "\n";
    if (healthy && nearly_full)
        return text + describe_policy(status, wording) + "; make room, it ends by itself then\n";
    if (healthy) return text;
    if (const auto* failure = status.if_contains("failure"))
        text += "    " + text_of(*failure) + "\n";
    return text + describe_policy(status, wording) +
           "; make room or give the rights, then run: " + std::string(wording.program) +
           " audit repair\n";
}

json::object to_json(const audit::Repair& repair) {
    json::object out{{"done", true}, {"repaired", repair.repaired}};
    if (!repair.repaired) return out;
    out["failure"] = repair.failure;
    out["dropped"] = repair.dropped;
    out["unrecorded"] = repair.unrecorded;
    out["lost"] = repair.lost;
    out["torn_bytes"] = repair.torn_bytes;
    return out;
}

std::string describe_repair(const json::object& repair, std::string_view program) {
    if (!repair.at("repaired").as_bool()) return "the audit log has not failed: nothing to do\n";
    return "the audit log records again, in a new segment\n"
           "it had failed: " +
           text_of(repair.at("failure")) + "\nmeanwhile " + text_of(repair.at("dropped")) +
           " records were not taken; " + text_of(repair.at("unrecorded")) +
           " exchanges passed without a record\n" + text_of(repair.at("lost")) +
           " exchanges were closed as lost; " + text_of(repair.at("torn_bytes")) +
           " bytes that are no record were moved aside\nall of it is on record; now run: " +
           std::string(program) + " audit verify\n";
}

}  // namespace sallyport::daemon
