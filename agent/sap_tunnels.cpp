#include "agent/sap_tunnels.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent::sap {

namespace json = boost::json;

std::pair<std::string_view, std::string_view> split(std::string_view address) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos) return {address, {}};
    return {address.substr(0, colon), address.substr(colon + 1)};
}

namespace {

const json::object* hub_in(const json::object& status, const Account& account) {
    for (const auto& hub : status.at("hubs").as_array())
        if (hub.as_object().at("name").as_string() == account.name) return &hub.as_object();
    return nullptr;
}

/// Links that are up, and for how long the oldest one has been.
struct Up {
    std::uint64_t links = 0;
    std::int64_t seconds = 0;
};

Up up_of(const json::object& hub) {
    Up up;
    for (const auto& each : hub.at("links").as_array()) {
        const auto& link = each.as_object();
        const auto* seconds = link.if_contains("seconds");
        if (link.at("state").as_string() != "up" || seconds == nullptr) continue;
        ++up.links;
        up.seconds = std::max(up.seconds, seconds->to_number<std::int64_t>());
    }
    return up;
}

json::array channels_of(const json::object& status, const Account& account) {
    json::array out;
    for (const auto& each : status.at("channels").as_array()) {
        const auto& channel = each.as_object();
        if (channel.at("hub").as_string() != account.name) continue;
        const bool failed = channel.contains("last_error");
        json::object one{{"type", "TCP"},
                         {"state", failed ? "Failed" : "Connected"},
                         {"details", channel.at("listen")},
                         {"comment", channel.at("name")}};
        out.push_back(std::move(one));
    }
    return out;
}

const json::object* tunnel_in(const json::object& listed) {
    for (const auto& one : listed.at("certificates").as_array())
        if (one.as_object().at("kind").as_string() == "tunnel") return &one.as_object();
    return nullptr;
}

json::object tunnel_of(const Account& account, const json::object& status, Moment now) {
    using daemon::sap::TunnelState;
    const auto* hub = hub_in(status, account);
    const auto up = hub == nullptr ? Up() : up_of(*hub);
    auto state = TunnelState::connected;
    if (up.links == 0)
        state = status.at("draining").as_bool() ? TunnelState::disconnected
                                                : TunnelState::connect_failure;
    auto tunnel = daemon::sap::tunnel(state, up.links, now - std::chrono::seconds(up.seconds));
    tunnel["serviceChannels"] = channels_of(status, account);
    return tunnel;
}

}  // namespace

json::object subaccounts(std::span<const Account> accounts, const json::object& status,
                         const json::object& certificates, Moment now) {
    json::array all;
    for (const auto& account : accounts) {
        auto one = head_of(account);
        one["displayName"] = account.name;
        one["tunnel"] = tunnel_of(account, status, now);
        if (const auto* tunnel = tunnel_in(certificates)) {
            const auto time = [&](const char* key) {
                return tunnel->at(key).to_number<std::int64_t>() * 1'000;
            };
            one["tunnel"].as_object()["subaccountCertificate"] =
                json::object{{"notAfterTimeStamp", time("not_after")},
                             {"notBeforeTimeStamp", time("not_before")},
                             {"subjectDN", tunnel->at("subject")},
                             {"issuer", tunnel->at("issuer")},
                             {"serialNumber", tunnel->at("serial")}};
        }
        all.push_back(std::move(one));
    }
    return whole(std::move(all));
}

json::object channel_connections(std::span<const Account> accounts, const json::object& status) {
    json::array all;
    for (const auto& account : accounts) {
        auto one = head_of(account);
        auto& list = one["serviceChannelConnections"].emplace_array();
        for (const auto& each : status.at("channels").as_array()) {
            const auto& channel = each.as_object();
            if (channel.at("hub").as_string() != account.name) continue;
            const std::string listen(channel.at("listen").as_string());
            list.push_back(json::object{
                {"port", split(listen).second},
                {"typeDesc", json::object{{"typeKey", "TCP"}, {"typeName", channel.at("name")}}},
                {"connections", channel.at("connections")}});
        }
        all.push_back(std::move(one));
    }
    return whole(std::move(all));
}

}  // namespace sallyport::agent::sap
