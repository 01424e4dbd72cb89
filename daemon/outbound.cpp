#include "daemon/outbound.hpp"

#include "base/error.hpp"
#include "net/blocking_pool.hpp"
#include "net/resolver.hpp"
#include "net/task_group.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <array>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr std::size_t resolutions_at_once = 8;
constexpr std::chrono::seconds resolution_time{10};

std::string port_text(const Outbound& one) {
    auto text = std::to_string(one.port);
    if (one.last_port > one.port) text += "-" + std::to_string(one.last_port);
    return text;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text;
}

/// "10.1.2.3:443" without its port.
std::string address_of(const net::Endpoint& endpoint) {
    auto text = endpoint.to_string();
    text.erase(text.rfind(':'));
    return text;
}

net::Task<void> resolve_some(net::Loop& loop, net::BlockingPool& pool, std::vector<Outbound>& all,
                             std::size_t& next) {
    while (next < all.size()) {
        auto& one = all[next++];
        if (one.from != Outbound::this_machine) continue;
        const auto found = co_await net::resolve(pool, loop, one.host, one.port,
                                                 net::deadline_in(resolution_time));
        if (!found) {
            one.unresolved =
                found.error().detail.empty() ? to_text(found.error()) : found.error().detail;
            continue;
        }
        for (const auto& endpoint : *found) one.addresses.push_back(address_of(endpoint));
        std::ranges::sort(one.addresses);
        const auto [first, last] = std::ranges::unique(one.addresses);
        one.addresses.erase(first, last);
    }
}

using Row = std::array<std::string, 6>;

Row row_of(const Outbound& one) {
    return {one.from,       one.transport, one.host,
            port_text(one), one.protocol,  one.purpose + "  [" + one.where + "]"};
}

}  // namespace

void add_outbound(std::vector<Outbound>& all, const ServerAddress& server, const ProxyWay& proxy,
                  Outbound facts) {
    facts.host = server.host;
    facts.port = facts.last_port = server.port;
    const auto way =
        proxy.url.empty() ? std::nullopt : std::optional(ServerAddress::from_proxy_url(proxy.url));
    if (way && *way) {
        auto first = facts;
        first.host = (*way)->host;
        first.port = first.last_port = (*way)->port;
        first.protocol = "http (CONNECT)";
        first.purpose += ", through the proxy";
        first.where += ", its proxy";
        all.push_back(std::move(first));
        facts.from = (*way)->authority();
    }
    all.push_back(std::move(facts));
}

void resolve_all(std::vector<Outbound>& all) {
    net::Loop loop;
    net::BlockingPool pool(resolutions_at_once);
    net::TaskGroup tasks(loop);
    std::size_t next = 0;
    for (std::size_t i = 0; i < std::min(resolutions_at_once, all.size()); ++i)
        tasks.spawn("resolve", resolve_some(loop, pool, all, next));
    while (!tasks.empty()) loop.io.run_one();
}

json::object outbound_json(const std::vector<Outbound>& all, std::string_view file) {
    json::array list;
    for (const auto& one : all) {
        json::object entry{{"from", one.from},         {"transport", one.transport},
                           {"protocol", one.protocol}, {"host", one.host},
                           {"port", one.port},         {"purpose", one.purpose},
                           {"where", one.where}};
        if (one.last_port > one.port) entry["last_port"] = one.last_port;
        if (!one.addresses.empty()) {
            auto& addresses = entry["addresses"].emplace_array();
            for (const auto& address : one.addresses) addresses.emplace_back(address);
        }
        if (!one.unresolved.empty()) entry["unresolved"] = one.unresolved;
        list.push_back(std::move(entry));
    }
    return {{"configuration", file}, {"outbound", std::move(list)}};
}

std::string outbound_text(const std::vector<Outbound>& all, std::string_view program,
                          std::string_view file) {
    std::vector<Row> rows{{"from", "over", "to host", "port", "protocol",
                           "purpose  [where it is "
                           "configured]"}};
    for (const auto& one : all) rows.push_back(row_of(one));
    std::array<std::size_t, 5> widths{};
    for (const auto& row : rows)
        for (std::size_t i = 0; i < widths.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    auto text = "Outbound connections of " + std::string(program) + " (configuration " +
                std::string(file) +
                ").\nAll of them are opened from the side named first; nothing " +
                "has to be opened inbound.\n\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::string line;
        for (std::size_t column = 0; column < widths.size(); ++column) {
            line += rows[i][column];
            line.append(widths[column] + 2 - rows[i][column].size(), ' ');
        }
        text += line + rows[i].back() + "\n";
        if (i == 0) continue;
        const auto& one = all[i - 1];
        if (!one.addresses.empty()) text += "    now: " + joined(one.addresses) + "\n";
        if (!one.unresolved.empty()) text += "    not resolved: " + one.unresolved + "\n";
    }
    return text +
           "\nBesides: DNS (53, UDP and TCP) to the servers of /etc/resolv.conf, and NTP (123, "
           "UDP) to the machine's time servers.\n";
}

}  // namespace sallyport::daemon
