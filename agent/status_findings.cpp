#include "agent/status_findings.hpp"

#include "daemon/audit_findings.hpp"
#include "daemon/counted.hpp"
#include "daemon/json_text.hpp"
#include "daemon/restart_needed.hpp"

#include <boost/json/array.hpp>

#include <map>
#include <optional>
#include <vector>

namespace sallyport::agent {
namespace {

namespace json = boost::json;
using daemon::Findings;
using daemon::Judgement;
using daemon::text_at;

/// The entries of a list that are objects.
std::vector<const json::object*> objects_at(const json::object& object, std::string_view key) {
    std::vector<const json::object*> all;
    for (const auto& entry : daemon::array_at(object, key))
        if (entry.is_object()) all.push_back(&entry.get_object());
    return all;
}

/// Each worker tells its own links of a hub.
std::map<std::string, std::vector<const json::object*>> links_by_hub(const json::object& status) {
    std::map<std::string, std::vector<const json::object*>> all;
    for (const auto* hub : objects_at(status, "hubs")) {
        auto& links = all[text_at(*hub, "name")];
        for (const auto* link : objects_at(*hub, "links")) links.push_back(link);
    }
    return all;
}

Judgement judge_links(const std::vector<const json::object*>& links) {
    std::size_t up = 0;
    std::string error;
    for (const auto* link : links) {
        if (text_at(*link, "state") == "up") ++up;
        if (const auto said = text_at(*link, "last_error"); !said.empty()) error = said;
    }
    const auto seen = std::to_string(up) + " of " + daemon::counted(links.size(), "link") + " up" +
                      (error.empty() || up == links.size() ? "" : ": " + error);
    if (up == 0)
        return Judgement::failed(seen,
                                 "`sallyport doctor` goes the way to the hub step by step; "
                                 "mend what it says, then: sallyport reconnect");
    if (up < links.size())
        return Judgement::warning(seen,
                                  "Wait for the next attempt, or dial now: sallyport "
                                  "reconnect");
    return Judgement::good(seen);
}

Judgement judge_renewal(const json::object& identity) {
    const auto& renewal = daemon::object_at(identity, "renewal");
    const auto health = text_at(renewal, "health");
    const auto error = text_at(renewal, "last_error");
    const auto seen = "renewal " + (health.empty() ? std::string("unknown") : health) +
                      (error.empty() ? "" : ": " + error);
    if (health == "critical" || health == "expired")
        return Judgement::failed(seen,
                                 "Mend what the error says, then: sallyport certs rotate "
                                 "tunnel; if it has expired for long: sallyport-hub agent "
                                 "reissue, and enrol again.");
    if (health == "late" || !error.empty())
        return Judgement::warning(seen,
                                  "Mend what the error says, then: sallyport certs rotate "
                                  "tunnel");
    return Judgement::good(seen);
}

/// Nothing where there is nothing to say.
std::optional<Judgement> judge_configuration(const json::object& status,
                                             const std::string& digest) {
    if (status.contains("last_good"))
        return Judgement::failed(
            "the files are broken: what is left of the last good ones is in "
            "force",
            "Mend what sallyport check says, then: sallyport reload");
    const auto running = text_at(status, "configuration");
    // Overrides are part of what runs, and of no file.
    const bool is_overridden = !daemon::array_at(status, "overrides").empty();
    if (digest.empty() || running.empty() || is_overridden || running == digest) return {};
    return Judgement::warning("the files have changed since it was loaded",
                              "sallyport check, then sallyport reload");
}

std::string renewal_of(const std::string& kind) {
    if (kind == "admin")
        return "If the file of admin_certificate_file is newer: sallyport reload; else put another "
               "one there first";
    if (kind == "principal-ca")
        return "sallyport certs rotate principal-ca --prepare, import the next one at the back "
               "ends, then rotate";
    return "sallyport certs csr " + kind + ", then certs import " + kind + " FILE";
}

void judge_certificates(const json::object& status, Findings& into) {
    for (const auto* certificate : objects_at(status, "certificates")) {
        const auto level = text_at(*certificate, "warning");
        const auto kind = text_at(*certificate, "kind");
        if (level.empty() || kind == "tunnel") continue;
        // That of admin_listen has a finding of its own, of the file.
        into.add("certificate." + kind + (kind == "admin" ? ".in_use" : ""), "certificate " + kind,
                 Judgement::warning(level + ": " + text_at(*certificate, "subject") + " " +
                                        text_at(*certificate, "time_left"),
                                    renewal_of(kind)));
    }
}

void judge_providers(const json::object& status, Findings& into) {
    for (const auto* provider : objects_at(status, "identity_providers")) {
        const auto issuer = text_at(*provider, "issuer");
        const auto error = text_at(*provider, "last_error");
        const auto seen =
            text_at(*provider, "keys") + " keys" + (error.empty() ? "" : ": " + error);
        const bool has_keys = daemon::number_at(*provider, "keys") > 0;
        const auto remedy =
            "Let this machine fetch jwks_url: `sallyport doctor` shows where it "
            "ends.";
        into.add("identity_provider." + issuer + ".keys", "identity provider " + issuer,
                 !has_keys        ? Judgement::failed(seen + "; its users are refused", remedy)
                 : !error.empty() ? Judgement::warning(seen + "; old keys stay for a day", remedy)
                                  : Judgement::good(seen));
    }
}

void judge_rest(const json::object& status, Findings& into) {
    for (const auto* server : objects_at(status, "ssh"))
        if (const auto error = text_at(*server, "last_error"); !error.empty())
            into.add("ssh." + text_at(*server, "server"), "ssh " + text_at(*server, "server"),
                     Judgement::failed(error, "sallyport mappings test goes the way through it."));
    for (const auto* channel : objects_at(status, "channels"))
        if (const auto error = text_at(*channel, "last_error"); !error.empty())
            into.add("channel." + text_at(*channel, "name"), "channel " + text_at(*channel, "name"),
                     Judgement::warning(error,
                                        "sallyport-hub channel list says who may use it, "
                                        "and the hub's journal what it leads to."));
    const auto& budget = daemon::object_at(status, "memory_budget");
    const auto used = daemon::number_at(budget, "used_bytes");
    const auto all = daemon::number_at(budget, "bytes");
    if (all > 0 && used > all / 10 * 9)
        into.add("memory", "memory of streams",
                 Judgement::warning(
                     std::to_string(used) + " of " + std::to_string(all) + " bytes in use",
                     "Find who reads so slowly (sallyport top), or raise [tunnel] "
                     "memory_budget_mib."));
}

}  // namespace

Findings status_findings(const json::object& status, const std::string& digest) {
    Findings into;
    const auto& identity = daemon::object_at(status, "identity");
    const auto who = text_at(identity, "name") + ", version " + text_at(status, "version") +
                     ", up " + text_at(status, "seconds") + " s";
    if (daemon::flag_at(status, "draining", false))
        into.add("daemon", "agent",
                 Judgement::warning(who + ": draining",
                                    "systemctl start sallyport, when it has "
                                    "ended"));
    else
        into.add("daemon", "agent", Judgement::good(who));
    if (auto judged = judge_configuration(status, digest))
        into.add("configuration.in_force", "configuration in force", std::move(*judged));
    daemon::judge_restart_needed(status, "sallyport", into);
    for (const auto& warning : daemon::array_at(status, "warnings"))
        into.add("configuration.warning", "configuration",
                 Judgement::warning(daemon::text_of(warning),
                                    "Change it, or leave it if it is meant so."));
    for (const auto& [name, links] : links_by_hub(status))
        into.add("hub." + name + ".link", "hub " + name + ": links", judge_links(links));
    into.add("enrolment.renewal", "certificate towards the hub", judge_renewal(identity));
    const auto skew = text_at(daemon::object_at(identity, "renewal"), "clock");
    if (!skew.empty())
        into.add("clock.hub", "clock",
                 Judgement::warning(skew,
                                    "timedatectl set-ntp true, with a time server that this "
                                    "machine reaches"));
    judge_certificates(status, into);
    daemon::judge_audit_status(status, "sallyport", into);
    judge_providers(status, into);
    judge_rest(status, into);
    return into;
}

}  // namespace sallyport::agent
