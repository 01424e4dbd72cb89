#include "agent/sap_monitoring.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent::sap {
namespace {

namespace json = boost::json;

constexpr int version = 1;
constexpr std::uint64_t kibibyte = 1024;
constexpr std::uint64_t mebibyte = kibibyte * kibibyte;
/// SAP's alerting begins here unless somebody sets another threshold.
constexpr std::chrono::days expiring_within{30};

std::int64_t to_milliseconds(Moment moment) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count();
}

std::int64_t whole_milliseconds(std::chrono::microseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

json::object head_of(const Account& account) {
    return {{"regionHost", account.region_host},
            {"subaccount", account.subaccount},
            {"locationID", account.location}};
}

json::object whole(json::array subaccounts) {
    return {{"subaccounts", std::move(subaccounts)}, {"version", version}};
}

/// "erp.virtual" and "44300" of "erp.virtual:44300".
std::pair<std::string_view, std::string_view> split(std::string_view virtual_host) {
    const auto colon = virtual_host.rfind(':');
    if (colon == std::string_view::npos) return {virtual_host, {}};
    return {virtual_host.substr(0, colon), virtual_host.substr(colon + 1)};
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

bool is_of(const BackEnd& back_end, const Account& account) {
    return back_end.hub.empty() || back_end.hub == account.name;
}

const json::object* hub_in(const json::object& status, const Account& account) {
    for (const auto& hub : status.at("hubs").as_array())
        if (hub.as_object().at("name").as_string() == account.name) return &hub.as_object();
    return nullptr;
}

/// Links that are up, and for how long the oldest one has been.
struct Up {
    std::int64_t links = 0;
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
    const auto* hub = hub_in(status, account);
    const auto up = hub == nullptr ? Up() : up_of(*hub);
    json::object tunnel{{"state", up.links > 0 ? "Connected" : "ConnectFailure"},
                        {"connections", up.links}};
    if (up.links > 0)
        tunnel["connectedSinceTimeStamp"] = to_milliseconds(now - std::chrono::seconds(up.seconds));
    tunnel["serviceChannels"] = channels_of(status, account);
    return tunnel;
}

CertificateState state_of(const json::object& certificate, Moment now) {
    const Moment end{std::chrono::seconds(certificate.at("not_after").to_number<std::int64_t>())};
    if (end <= now) return CertificateState::expired;
    return end - now < expiring_within ? CertificateState::expiring : CertificateState::ok;
}

json::object to_sap(const json::object& certificate) {
    const auto& kind = certificate.at("kind").as_string();
    const auto ends = certificate.at("not_after").to_number<std::int64_t>() * 1'000;
    return {{"type", kind == "system" ? "System" : "CA"},
            {"validTo", ends},
            {"subjectDN", certificate.at("subject")},
            {"issuerDN", certificate.at("issuer")},
            {"serialNumber", certificate.at("serial")}};
}

json::object to_sap(const json::object& certificate, const Account& account) {
    return {{"type", "subaccount"},
            {"validTo", certificate.at("not_after").to_number<std::int64_t>() * 1'000},
            {"subaccountName", account.subaccount},
            {"subaccountRegion", account.region_host}};
}

json::object counted_in(const Memory& memory, std::uint64_t unit) {
    const auto others = memory.total - std::min(memory.total, memory.ours + memory.free);
    return {{"total", memory.total / unit},
            {"CloudConnector", memory.ours / unit},
            {"others", others / unit},
            {"free", memory.free / unit}};
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

json::object backend_connections(std::span<const Account> accounts,
                                 std::span<const BackEnd> back_ends) {
    json::array all;
    for (const auto& account : accounts) {
        auto one = head_of(account);
        auto& list = one["backendConnections"].emplace_array();
        for (const auto& back_end : back_ends)
            if (is_of(back_end, account))
                list.push_back(json::object{{"virtualBackend", back_end.virtual_host},
                                            {"internalBackend", back_end.internal},
                                            {"protocol", upper(back_end.protocol)},
                                            {"idle", back_end.idle},
                                            {"active", back_end.active}});
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

json::object backend_performance(std::span<const Account> accounts,
                                 std::span<const BackEnd> back_ends, Moment since) {
    json::array all;
    for (const auto& account : accounts) {
        auto one = head_of(account);
        auto& list = one["backendPerformance"].emplace_array();
        for (const auto& back_end : back_ends) {
            if (!is_of(back_end, account)) continue;
            json::array buckets;
            for (const auto& bucket : back_end.buckets)
                buckets.push_back(json::object{{"numberOfCalls", bucket.calls},
                                               {"minimumCallDurationMs", bucket.at_least.count()}});
            const auto [host, port] = split(back_end.virtual_host);
            list.push_back(json::object{{"virtualHost", host},
                                        {"virtualPort", port},
                                        {"protocol", upper(back_end.protocol)},
                                        {"buckets", std::move(buckets)}});
        }
        one["sinceTime"] = to_milliseconds(since);
        all.push_back(std::move(one));
    }
    return whole(std::move(all));
}

json::object top_time_consumers(std::span<const Account> accounts,
                                std::span<const SlowCall> slowest, Moment since) {
    json::array all;
    for (const auto& account : accounts) {
        auto one = head_of(account);
        auto& list = one["requests"].emplace_array();
        for (const auto& call : slowest)
            list.push_back(json::object{{"protocol", upper(call.protocol)},
                                        {"virtualBackend", call.virtual_host},
                                        {"internalBackend", call.internal},
                                        {"resource", call.resource},
                                        {"totalTime", whole_milliseconds(call.total)},
                                        {"externalTime", whole_milliseconds(call.back_end)},
                                        {"genSsoTime", whole_milliseconds(call.principal)}});
        one["sinceTime"] = to_milliseconds(since);
        all.push_back(std::move(one));
    }
    return whole(std::move(all));
}

json::object usage(std::span<const Account> accounts, std::span<const BackEnd> back_ends,
                   Moment since) {
    json::array all;
    for (const auto& account : accounts) {
        auto one = head_of(account);
        auto& list = one["usageStatistics"].emplace_array();
        for (const auto& back_end : back_ends) {
            if (!is_of(back_end, account)) continue;
            const auto [host, port] = split(back_end.virtual_host);
            list.push_back(json::object{{"virtualHost", host},
                                        {"virtualPort", port},
                                        {"protocol", upper(back_end.protocol)},
                                        {"bytesReceived", back_end.bytes_received},
                                        {"bytesSent", back_end.bytes_sent},
                                        {"calls", back_end.calls}});
        }
        one["sinceTime"] = to_milliseconds(since);
        all.push_back(std::move(one));
    }
    return whole(std::move(all));
}

json::object memory(const Memory& physical, const std::optional<Memory>& with_swap,
                    const Memory& budget) {
    json::object out{{"physicalKB", counted_in(physical, kibibyte)}, {"version", version}};
    if (with_swap) out["virtualKB"] = counted_in(*with_swap, kibibyte);
    out["cloudConnectorHeapKB"] = json::object{{"total", budget.total / kibibyte},
                                               {"used", budget.ours / kibibyte},
                                               {"free", budget.free / kibibyte}};
    return out;
}

json::object disk(const Memory& disk) {
    auto out = counted_in(disk, mebibyte);
    out["version"] = version;
    return out;
}

json::array certificates_in(CertificateState state, std::span<const Account> accounts,
                            const json::object& listed, Moment now) {
    json::array all;
    for (const auto& each : listed.at("certificates").as_array()) {
        const auto& certificate = each.as_object();
        if (state_of(certificate, now) != state) continue;
        if (certificate.at("kind").as_string() != "tunnel")
            all.push_back(to_sap(certificate));
        else
            for (const auto& account : accounts) all.push_back(to_sap(certificate, account));
    }
    return all;
}

json::object certificates(std::span<const Account> accounts, const json::object& listed,
                          Moment now) {
    const auto in = [&](CertificateState state) {
        return certificates_in(state, accounts, listed, now);
    };
    return {{"expired", in(CertificateState::expired)},
            {"expiring", in(CertificateState::expiring)},
            {"ok", in(CertificateState::ok)},
            {"version", version}};
}

}  // namespace sallyport::agent::sap
