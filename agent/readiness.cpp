#include "agent/readiness.hpp"

#include "base/config_reader.hpp"
#include "tunnel/ready.hpp"

namespace sallyport::agent {
namespace {

std::string ago(std::chrono::steady_clock::duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) +
           " s ago";
}

void judge_hub(const ReadyBoard::Hub& hub, ReadyBoard::Time now, std::vector<NotReady>& reasons) {
    if (hub.links == 0)
        return reasons.push_back({"no_link", "no link to hub " + hub.name + " is up", hub.name});
    if (hub.interval.count() == 0) return;  // an older hub: its links are all that is known
    if (hub.last == ReadyBoard::Time())
        return reasons.push_back({"no_answer",
                                  "no synthetic exchange has gone through hub " + hub.name +
                                      " yet, which makes one every " +
                                      format_duration(hub.interval),
                                  hub.name});
    if (now - hub.last > tunnel::ready_lasts(hub.interval))
        reasons.push_back({"no_answer",
                           "the last synthetic exchange went through hub " + hub.name + " " +
                               ago(now - hub.last) + ", though it makes one every " +
                               format_duration(hub.interval),
                           hub.name});
}

}  // namespace

std::vector<NotReady> judge_readiness(const ReadyFacts& facts, ReadyBoard::Time now) {
    std::vector<NotReady> reasons;
    if (facts.draining) reasons.push_back({"draining", "it finishes what runs and stops"});
    if (!facts.certificate.empty()) reasons.push_back({"certificate", facts.certificate});
    if (!facts.audit.empty()) reasons.push_back({"audit", facts.audit});
    for (const auto& hub : facts.hubs) judge_hub(hub, now, reasons);
    return reasons;
}

}  // namespace sallyport::agent
