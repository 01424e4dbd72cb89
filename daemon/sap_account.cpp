#include "daemon/sap_account.hpp"

#include <utility>

namespace sallyport::daemon::sap {
namespace {

namespace json = boost::json;

std::string_view text_of(TunnelState state) {
    switch (state) {
        case TunnelState::connected:
            return "Connected";
        case TunnelState::connect_failure:
            return "ConnectFailure";
        case TunnelState::disconnected:
            return "Disconnected";
    }
    return {};
}

}  // namespace

std::int64_t to_milliseconds(Moment moment) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count();
}

json::object head_of(const Account& account) {
    return {{"regionHost", account.region_host},
            {"subaccount", account.subaccount},
            {"locationID", account.location}};
}

json::object whole(json::array subaccounts) {
    return {{"subaccounts", std::move(subaccounts)}, {"version", version}};
}

json::object tunnel(TunnelState state, std::uint64_t links, std::optional<Moment> since) {
    json::object out{{"state", text_of(state)}, {"connections", links}};
    if (since && state == TunnelState::connected)
        out["connectedSinceTimeStamp"] = to_milliseconds(*since);
    return out;
}

}  // namespace sallyport::daemon::sap
