#include "agent/sap_back_ends.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::agent::sap {
namespace {

namespace json = boost::json;

std::int64_t whole_milliseconds(std::chrono::microseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
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

/// What BackEnd and its resources have alike.
template <class Used>
void add_usage(const Used& used, json::object& to) {
    to["bytesReceived"] = used.bytes_received;
    to["bytesSent"] = used.bytes_sent;
    to["calls"] = used.calls;
    if (used.accessed) to["mostRecentAccess"] = to_milliseconds(*used.accessed);
}

json::object usage_of(const BackEnd& back_end) {
    const auto [host, port] = split(back_end.virtual_host);
    json::object one{
        {"virtualHost", host}, {"virtualPort", port}, {"protocol", upper(back_end.protocol)}};
    add_usage(back_end, one);
    auto& resources = one["resources"].emplace_array();
    for (const auto& resource : back_end.resources) {
        json::object told{{"resourceName", resource.path}, {"enabled", resource.enabled}};
        add_usage(resource, told);
        resources.push_back(std::move(told));
    }
    return one;
}

}  // namespace

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
                                        {"sentBytes", call.bytes_sent},
                                        {"receivedBytes", call.bytes_received},
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
        for (const auto& back_end : back_ends)
            if (is_of(back_end, account)) list.push_back(usage_of(back_end));
        one["sinceTime"] = to_milliseconds(since);
        all.push_back(std::move(one));
    }
    return whole(std::move(all));
}

}  // namespace sallyport::agent::sap
