#include "audit/ecs.hpp"

#include "audit/ecs_meaning.hpp"
#include "base/bytes.hpp"
#include "certs/sha256.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>
#include <utility>

namespace sallyport::audit {
namespace {

/// Writes into nested objects: "http.request.method".
template <class Value>
void set(boost::json::object& object, std::string_view path, const Value& value) {
    auto* at = &object;
    for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.')) {
        auto& inner = (*at)[path.substr(0, dot)];
        if (!inner.is_object()) inner.emplace_object();
        at = &inner.get_object();
        path.remove_prefix(dot + 1);
    }
    (*at)[path] = boost::json::value_from(value);
}

/// Adds to "related.user" and the like, each value once.
void relate(boost::json::object& ecs, std::string_view what, std::string_view value) {
    if (value.empty()) return;
    auto& related = ecs["related"];
    if (!related.is_object()) related.emplace_object();
    auto& values = related.get_object()[what];
    if (!values.is_array()) values.emplace_array();
    auto& all = values.get_array();
    const boost::json::value one(value);
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

void set_event(boost::json::object& ecs, const Record& record, std::string_view line) {
    const auto meaning = ecs_meaning(record);
    const auto act = record.text("act");
    set(ecs, "event.kind", meaning.kind);
    set(ecs, "event.module", "sallyport");
    set(ecs, "event.dataset", "sallyport.audit");
    set(ecs, "event.code", record.event);
    set(ecs, "event.action", act.empty() ? std::string_view(record.event) : act);
    set(ecs, "event.sequence", record.sequence);
    set(ecs, "event.hash", to_hex(certs::sha256(as_bytes(line))));
    if (!meaning.categories.empty()) set(ecs, "event.category", meaning.categories);
    if (!meaning.types.empty()) set(ecs, "event.type", meaning.types);
    if (!meaning.outcome.empty()) set(ecs, "event.outcome", meaning.outcome);
    constexpr std::uint64_t nanoseconds = 1000;  // of a microsecond
    if (const auto time = record.number("duration_us"))
        set(ecs, "event.duration", *time * nanoseconds);
}

struct Address {
    std::string_view host;
    std::optional<std::uint64_t> port;
};

/// "erp.virtual:44300", "[2001:db8::1]:443", "10.0.0.1"
Address address_of(std::string_view text) {
    Address address{.host = text, .port = {}};
    const auto colon = text.rfind(':');
    const bool has_port = colon != text.npos && (text.find(':') == colon || text[colon - 1] == ']');
    if (has_port) {
        address.host = text.substr(0, colon);
        if (const auto port = parse_decimal(text.substr(colon + 1))) address.port = *port;
    }
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    return address;
}

bool is_ip(std::string_view host) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const std::string text(host);
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

void relate_host(boost::json::object& ecs, std::string_view host) {
    relate(ecs, is_ip(host) ? "ip" : "hosts", host);
}

/// `side`: "source" or "destination".
void set_address(boost::json::object& ecs, const std::string& side, std::string_view text) {
    const auto address = address_of(text);
    if (address.host.empty()) return;
    set(ecs, side + ".address", address.host);
    set(ecs, side + (is_ip(address.host) ? ".ip" : ".domain"), address.host);
    if (address.port) set(ecs, side + ".port", *address.port);
    relate_host(ecs, address.host);
}

/// "erp.virtual:44300" and a path, which may have its query.
void set_url(boost::json::object& ecs, const Record& record) {
    const auto address = address_of(record.text("virtual_host"));
    if (address.host.empty()) return;
    set(ecs, "url.domain", address.host);
    if (address.port) set(ecs, "url.port", *address.port);
    const auto path = record.text("path");
    const auto mark = path.find('?');
    if (!path.empty()) set(ecs, "url.path", path.substr(0, mark));
    if (mark != path.npos) set(ecs, "url.query", path.substr(mark + 1));
}

/// Where the mapping leads, "https://s4.corp.local:44300", and who asked for a certificate, ...
void set_addresses(boost::json::object& ecs, const Record& record) {
    constexpr std::string_view behind_scheme = "://";
    auto internal = record.text("internal_host");
    if (const auto at = internal.find(behind_scheme); at != internal.npos) {
        set(ecs, "network.protocol", internal.substr(0, at));
        internal.remove_prefix(at + behind_scheme.size());
    }
    set_address(ecs, "destination", internal.substr(0, internal.find('/')));
    const auto remote = record.text("remote");
    // Of a link it is the other end: at the agent the hub's, at the hub the agent's.
    const bool either_end = record.event == "link.up" || record.event == "link.down";
    if (either_end && !remote.empty()) relate_host(ecs, address_of(remote).host);
    if (!either_end) set_address(ecs, "source", remote);
}

/// Who it was. Of a command run as root by `sudo`, who became root, and as whom.
void set_user(boost::json::object& ecs, const Record& record) {
    constexpr std::string_view uid = "uid:";
    const auto who = record.text("who");
    const auto sudo = record.text("sudo_account");
    const std::string user = sudo.empty() ? "user" : "user.effective";
    if (who.starts_with(uid)) set(ecs, user + ".id", who.substr(uid.size()));
    if (const auto account = record.text("account"); !account.empty())
        set(ecs, user + ".name", account);
    constexpr std::pair<const char*, const char*> names[] = {{"bind_dn", "user.name"},
                                                             {"sap_user", "user.name"},
                                                             {"user", "user.name"},
                                                             {"sudo_account", "user.name"},
                                                             {"issuer", "user.domain"},
                                                             {"bound_as", "user.effective.name"},
                                                             {"principal", "user.effective.name"}};
    const bool has_user = !record.text("user").empty();
    for (const auto& [ours, theirs] : names) {
        if (std::string_view(ours) == "issuer" && !has_user) continue;  // that of a certificate
        if (const auto text = record.text(ours); !text.empty()) set(ecs, theirs, text);
    }
    for (const auto* key : {"account", "sudo_account", "user", "sap_user"})
        relate(ecs, "user", record.text(key));
}

void set_fields(boost::json::object& ecs, const Record& record) {
    constexpr std::pair<const char*, const char*> texts[] = {
        {"reason", "event.reason"}, {"code", "error.code"},        {"exchange", "transaction.id"},
        {"trace", "trace.id"},      {"tenant", "organization.id"}, {"rule", "rule.name"}};
    for (const auto& [ours, theirs] : texts)
        if (const auto text = record.text(ours); !text.empty()) set(ecs, theirs, text);
    constexpr std::pair<const char*, const char*> numbers[] = {
        {"request_bytes", "source.bytes"},
        {"response_bytes", "destination.bytes"},
        {"pid", "process.pid"}};
    for (const auto& [ours, theirs] : numbers)
        if (const auto number = record.number(ours)) set(ecs, theirs, *number);
    if (const auto status = record.number("status").value_or(0); status > 0) {
        set(ecs, "http.response.status_code", status);
        set(ecs, "http.request.body.bytes", record.number("request_bytes").value_or(0));
        set(ecs, "http.response.body.bytes", record.number("response_bytes").value_or(0));
    }
    if (const auto method = record.text("method"); !method.empty() && method != "CHANNEL")
        set(ecs, "http.request.method", method);
}

}  // namespace

std::string ecs_line(const Record& record, std::string_view line) {
    boost::json::object ecs;
    set(ecs, "@timestamp", to_rfc3339(record.time));
    set(ecs, "ecs.version", "8.11");
    set_event(ecs, record, line);
    set_url(ecs, record);
    set_addresses(ecs, record);
    set_user(ecs, record);
    set_fields(ecs, record);
    set(ecs, "host.boot.id", record.boot);
    set(ecs, "observer.type", "proxy");
    set(ecs, "observer.product", "Sallyport");
    set(ecs, "sallyport", record.fields);
    return boost::json::serialize(ecs) + '\n';
}

}  // namespace sallyport::audit
