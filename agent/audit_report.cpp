#include "agent/audit_report.hpp"

#include <boost/json/serialize.hpp>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

json::object audit_status(const audit::Log& log) {
    const auto failure = log.failure();
    json::object status{{"healthy", log.healthy()},
                        {"durability", audit::to_text(log.durability())},
                        {"on_failure", audit::to_text(log.on_failure())},
                        {"dropped", log.dropped()},
                        {"unrecorded", log.unrecorded()}};
    if (failure) status["failure"] = to_text(*failure);
    return status;
}

std::string describe_audit(const json::object& status) {
    const bool healthy = status.at("healthy").as_bool();
    const auto on_failure = text_of(status.at("on_failure"));
    std::string text = std::string("audit log ") + (healthy ? "healthy" : "FAILED") + ", " +
                       text_of(status.at("durability")) + ", on failure " + on_failure + "\n";
    if (healthy) return text;
    if (const auto* failure = status.if_contains("failure"))
        text += "    " + text_of(*failure) + "\n";
    text += on_failure == "block"
                ? std::string("    no exchange passes")
                : "    exchanges pass WITHOUT A RECORD, so far " + text_of(status.at("unrecorded"));
    return text + "; make room or give the rights, then run: sallyport audit repair\n";
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

std::string describe_repair(const json::object& repair) {
    if (!repair.at("repaired").as_bool()) return "the audit log has not failed: nothing to do\n";
    return "the audit log records again, in a new segment\n"
           "it had failed: " +
           text_of(repair.at("failure")) + "\nmeanwhile " + text_of(repair.at("dropped")) +
           " records were not taken; " + text_of(repair.at("unrecorded")) +
           " exchanges passed without a record\n" + text_of(repair.at("lost")) +
           " exchanges were closed as lost; " + text_of(repair.at("torn_bytes")) +
           " bytes that are no record were moved aside\nall of it is on record; now run: "
           "sallyport audit verify\n";
}

}  // namespace sallyport::agent
