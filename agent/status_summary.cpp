#include "agent/status_summary.hpp"

#include "agent/status_findings.hpp"
#include "daemon/counted.hpp"
#include "daemon/json_text.hpp"

#include <boost/json/array.hpp>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

/// "3 d 4 h", "5 min 6 s"
std::string age_text(std::uint64_t seconds) {
    if (seconds >= 86'400)
        return std::to_string(seconds / 86'400) + " d " + std::to_string(seconds % 86'400 / 3'600) +
               " h";
    if (seconds >= 3'600)
        return std::to_string(seconds / 3'600) + " h " + std::to_string(seconds % 3'600 / 60) +
               " min";
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

std::string links_text(const json::object& status) {
    std::size_t up = 0;
    std::size_t all = 0;
    for (const auto& hub : daemon::array_at(status, "hubs")) {
        if (!hub.is_object()) continue;
        for (const auto& link : daemon::array_at(hub.get_object(), "links")) {
            ++all;
            if (link.is_object() && daemon::text_at(link.get_object(), "state") == "up") ++up;
        }
    }
    return std::to_string(up) + " of " + daemon::counted(all, "link") + " up";
}

}  // namespace

std::string status_summary(const json::object& status, const std::string& digest,
                           const Paint& paint) {
    const bool ready = daemon::flag_at(status, "ready", false);
    auto text =
        paint(ready ? Tone::good : Tone::bad, ready ? "READY" : "NOT READY") +
        paint(Tone::plain, "  " + links_text(status) + ", " + daemon::text_at(status, "mappings") +
                               " mappings, up " + age_text(daemon::number_at(status, "seconds"))) +
        "\n";
    std::size_t wrong = 0;
    std::string problems;
    const auto findings = status_findings(status, digest);
    for (const auto& finding : findings.all()) {
        if (finding.judged.remedy.empty()) continue;
        ++wrong;
        problems += daemon::finding_text(finding, paint);
    }
    if (wrong > 0)
        text +=
            paint(Tone::strong, daemon::counted(wrong, "thing") + " to look at:") + "\n" + problems;
    return text + "\n";
}

}  // namespace sallyport::agent
