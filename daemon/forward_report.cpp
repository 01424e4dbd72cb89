#include "daemon/forward_report.hpp"

#include "daemon/json_text.hpp"

#include <boost/json/object.hpp>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

json::object to_json(const forward::Forwarders::Status& status) {
    json::object out{{"name", status.settings.name},
                     {"kind", forward::to_text(status.settings.kind)},
                     {"state", status.state},
                     {"lag_records", status.lag_records},
                     {"lag_seconds", status.lag.count()},
                     {"delivered", status.delivered},
                     {"skipped", status.skipped},
                     {"errors", status.errors}};
    if (status.sequence) out["sequence"] = *status.sequence;
    if (status.kept) out["kept"] = *status.kept;
    if (!status.why.empty()) out["why"] = status.why;
    return out;
}

}  // namespace

json::array forward_status(const forward::Forwarders& forwarders) {
    json::array all;
    for (const auto& status : forwarders.status()) all.push_back(to_json(status));
    return all;
}

std::string describe_forward(const json::array& status) {
    std::string text;
    for (const auto& entry : status) {
        const auto& forwarder = entry.as_object();
        text += "    forward " + text_of(forwarder.at("name")) + " (" +
                text_of(forwarder.at("kind")) + "): " + text_of(forwarder.at("state")) + ", " +
                text_of(forwarder.at("lag_records")) + " records";
        if (forwarder.at("lag_records") != 0)
            text += " and " + text_of(forwarder.at("lag_seconds")) + " s";
        text += " behind";
        if (forwarder.at("skipped") != 0)
            text += ", " + text_of(forwarder.at("skipped")) + " SKIPPED";
        if (const auto* why = forwarder.if_contains("why")) text += ": " + text_of(*why);
        text += "\n";
    }
    return text;
}

}  // namespace sallyport::daemon
