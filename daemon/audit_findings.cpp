#include "daemon/audit_findings.hpp"

#include "daemon/json_text.hpp"

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

Judgement judge_log(const json::object& audit, const std::string& program) {
    const auto policy = text_at(audit, "on_failure") == "block" ? "nothing passes meanwhile"
                                                                : "exchanges pass UNRECORDED";
    if (const auto broken = text_at(audit, "broken"); !broken.empty())
        return Judgement::failed("the log that was there at the start was changed: " + broken,
                                 "Keep the folder generation-NNNN as evidence and find out who "
                                 "was there: " +
                                     program + " audit verify");
    if (!flag_at(audit, "healthy", true))
        return Judgement::failed(
            "it cannot be written: " + text_at(audit, "failure") + "; " + policy,
            "Make room or give the rights, then run: " + program + " audit repair");
    if (flag_at(audit, "nearly_full", false))
        return Judgement::failed(std::string("its disk is nearly full; ") + policy,
                                 "Make room; it goes on by itself then.");
    const auto percent = number_at(object_at(audit, "storage"), "watermark_percent");
    if (percent > 0)
        return Judgement::warning("its disk is " + std::to_string(percent) + " % full",
                                  "Make room, or keep fewer records ([audit] retention_days).");
    return Judgement::good("records " + text_at(audit, "sealed") + ", " +
                           text_at(audit, "durability"));
}

Judgement judge_forwarder(const json::object& forwarder) {
    const auto state = text_at(forwarder, "state");
    auto seen = state + ", " + text_at(forwarder, "lag_records") + " records behind";
    if (const auto why = text_at(forwarder, "why"); !why.empty()) seen += ": " + why;
    if (number_at(forwarder, "skipped") > 0)
        return Judgement::failed(seen + "; " + text_at(forwarder, "skipped") +
                                     " records were deleted before it got them",
                                 "Let the target take records again, and keep them for longer "
                                 "([audit] hold_days).");
    if (state == "connected") return Judgement::good(seen);
    return Judgement::warning(seen,
                              "Bring the target back; nothing is lost until records reach "
                              "the end of their time.");
}

Judgement judge_witness(const json::object& witness, const std::string& program) {
    const auto behind = text_at(witness, "not_countersigned") + " records not countersigned yet";
    if (const auto* refusal = witness.if_contains("refusal"))
        return Judgement::failed(
            "it refuses: " + text_of(*refusal),
            "Find out why before anything else is changed: " + program + " audit verify");
    if (const auto error = text_at(witness, "last_error"); !error.empty())
        return Judgement::warning(error + "; " + behind,
                                  "Bring the witness back: until then whoever has this machine "
                                  "could take back what is newer.");
    return Judgement::good(behind);
}

}  // namespace

void judge_audit_status(const json::object& status, std::string_view program, Findings& into) {
    const std::string name(program);
    const auto& audit = object_at(status, "audit");
    into.add("audit.log", "audit log", judge_log(audit, name));
    for (const auto& entry : array_at(audit, "forward")) {
        if (!entry.is_object()) continue;
        const auto& forwarder = entry.get_object();
        const auto target = text_at(forwarder, "name");
        into.add("forward." + target + ".state", "forwarding to " + target,
                 judge_forwarder(forwarder));
    }
    for (const auto& entry : array_at(status, "witnesses")) {
        if (!entry.is_object()) continue;
        const auto& witness = entry.get_object();
        const auto who = text_at(witness, "name");
        into.add("witness." + who + ".state", "witness " + who, judge_witness(witness, name));
    }
    if (number_at(status, "log_lines_dropped") > 0)
        into.add("log", "log",
                 Judgement::warning(text_at(status, "log_lines_dropped") + " lines were lost",
                                    "See why the journal is so slow: journalctl --disk-usage"));
}

}  // namespace sallyport::daemon
