#include "agent/overrides.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/strict_json.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <system_error>

namespace sallyport::agent {
namespace {

namespace json = boost::json;
using mappings::Moment;

constexpr std::int64_t format_version = 1;
constexpr std::string_view never = "never";

Error not_usable(const std::string& what) { return Error{Errc::malformed, what}; }

/// What a member says; outer nothing: it is not there, inner nothing: it is null.
template <class T>
using Said = std::optional<std::optional<T>>;

Result<Said<bool>> read_flag(const json::object& object, std::string_view key) {
    const auto* member = object.if_contains(key);
    if (member == nullptr) return Said<bool>();
    if (member->is_null()) return Said<bool>(std::optional<bool>());
    if (!member->is_bool()) return not_usable(std::string(key) + " must be true, false or null");
    return Said<bool>(std::optional<bool>(member->get_bool()));
}

Result<std::string> read_text(const json::object& object, std::string_view key) {
    const auto* member = object.if_contains(key);
    if (member == nullptr || !member->is_string())
        return not_usable(std::string(key) + " must be there, and be a text");
    return std::string(member->get_string());
}

/// RFC 3339, or "never".
Result<std::optional<Moment>> moment_or_never(std::string_view text) {
    if (text == never) return std::optional<Moment>();
    const auto moment = mappings::parse_moment(text);
    if (!moment) return not_usable("expires " + moment.error().detail + ", or \"never\"");
    return std::optional<Moment>(*moment);
}

Result<Said<std::optional<Moment>>> read_expires(const json::object& object) {
    using End = std::optional<Moment>;
    const auto* member = object.if_contains("expires");
    if (member == nullptr) return Said<End>();
    if (member->is_null()) return Said<End>(std::optional<End>());
    if (!member->is_string()) return not_usable("expires must be a text or null");
    auto end = moment_or_never(std::string_view(member->get_string()));
    if (!end) return end.error();
    return Said<End>(std::optional<End>(*end));
}

Result<void> check_keys(const json::object& object, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object)
        if (std::ranges::find(known, std::string_view(key)) == known.end())
            return not_usable("unknown member \"" + std::string(key) + "\"");
    return {};
}

std::string text_of(const std::optional<Moment>& expires) {
    return expires ? mappings::to_text(*expires) : std::string(never);
}

void add_effect(const Override& one, json::object& out) {
    if (one.enabled) out["enabled"] = *one.enabled;
    if (one.maintenance) out["maintenance"] = *one.maintenance;
    if (one.expires) out["expires"] = text_of(*one.expires);
}

Result<Override> read_override(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return not_usable("an override must be an object");
    if (auto known = check_keys(*object, {"enabled", "maintenance", "expires", "who", "since"});
        !known)
        return known.error();
    const auto enabled = read_flag(*object, "enabled");
    const auto maintenance = read_flag(*object, "maintenance");
    const auto expires = read_expires(*object);
    auto who = read_text(*object, "who");
    const auto since = read_text(*object, "since");
    if (!enabled) return enabled.error();
    if (!maintenance) return maintenance.error();
    if (!expires) return expires.error();
    if (!who) return who.error();
    if (!since) return since.error();
    const auto moment = mappings::parse_moment(*since);
    if (!moment) return not_usable("since " + moment.error().detail);
    Override one{.who = std::move(*who), .since = *moment};
    if (*enabled) one.enabled = **enabled;
    if (*maintenance) one.maintenance = **maintenance;
    if (*expires) one.expires = **expires;
    if (one.says_nothing()) return not_usable("an override says nothing");
    return one;
}

}  // namespace

std::string Override::text() const {
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (enabled) add(*enabled ? "enabled" : "disabled");
    if (maintenance) add(*maintenance ? "maintenance on" : "maintenance off");
    if (expires) add(*expires ? "expires at " + mappings::to_text(**expires) : "does not expire");
    return text;
}

Result<Overrides> Overrides::parse(std::string_view text) {
    const auto document =
        certs::parse_strict_object(text, {.bytes_max = file_bytes_max, .depth_max = 4});
    if (!document) return document.error();
    const auto* said = document->if_contains("version");
    if (said == nullptr || !said->is_int64() || said->get_int64() != format_version)
        return not_usable("version must be 1");
    if (auto known = check_keys(*document, {"version", "mappings"}); !known) return known.error();
    const auto* all = document->if_contains("mappings");
    if (all == nullptr || !all->is_object()) return not_usable("mappings must be an object");
    if (all->get_object().size() > overrides_max)
        return Error{Errc::limit,
                     "there are more than " + std::to_string(overrides_max) + " overrides"};
    Overrides overrides;
    for (const auto& [name, value] : all->get_object()) {
        if (name.empty() || name.size() > name_bytes_max) return not_usable("a name is too long");
        auto one = read_override(value);
        if (!one) return not_usable(std::string(name) + ": " + one.error().detail);
        overrides.all_.emplace(std::string(name), std::move(*one));
    }
    return overrides;
}

Result<Overrides> Overrides::load(const std::filesystem::path& file) {
    const auto text = read_file(file, file_bytes_max);
    if (!text && text.error().code == std::errc::no_such_file_or_directory) return Overrides();
    if (!text) return text.error();
    auto overrides = parse(*text);
    if (overrides) return overrides;
    return Error{overrides.error().code,
                 file.string() + " cannot be used: " + overrides.error().detail +
                     ". It says which mappings are disabled or in maintenance at run time: "
                     "restore it, or delete it so that what the configuration says holds"};
}

std::string Overrides::text() const {
    json::object all;
    for (const auto& [name, one] : all_) {
        json::object entry{{"who", one.who}, {"since", mappings::to_text(one.since)}};
        add_effect(one, entry);
        all[name] = std::move(entry);
    }
    return json::serialize(
               json::object{{"version", format_version}, {"mappings", std::move(all)}}) +
           "\n";
}

Result<void> Overrides::save(const std::filesystem::path& file) const {
    const auto content = text();
    if (content.size() > file_bytes_max)
        return Error{Errc::limit, "there are too many overrides to be kept; clear some"};
    return replace_file(file, content, 0600);
}

Result<void> Overrides::change(const std::string& name, const Override& asked) {
    if (asked.says_nothing()) {
        clear(name);
        return {};
    }
    if (!all_.contains(name) && all_.size() >= overrides_max)
        return Error{Errc::limit, "there are " + std::to_string(overrides_max) +
                                      " overrides already; clear some"};
    all_.insert_or_assign(name, asked);
    return {};
}

const Override* Overrides::find(std::string_view name) const {
    const auto found = all_.find(name);
    return found == all_.end() ? nullptr : &found->second;
}

bool opens_more(std::span<const mappings::Mapping> before,
                std::span<const mappings::Mapping> after) {
    const auto until = [](const mappings::Mapping& mapping) {
        if (!mapping.enabled || mapping.maintenance) return mappings::Moment::min();
        return mapping.expires.value_or(mappings::Moment::max());
    };
    return !std::ranges::equal(
        before, after, [&](const auto& was, const auto& is) { return until(is) <= until(was); });
}

std::vector<mappings::Mapping> Overrides::applied_to(
    std::span<const mappings::Mapping> written) const {
    std::vector<mappings::Mapping> effective(written.begin(), written.end());
    if (all_.empty()) return effective;
    for (auto& mapping : effective) {
        const auto* one = find(mapping.virtual_text());
        if (one == nullptr) continue;
        if (one->enabled) mapping.enabled = *one->enabled;
        if (one->maintenance) mapping.maintenance = *one->maintenance;
        if (one->expires) mapping.expires = *one->expires;
    }
    return effective;
}

std::string Overrides::effect() const {
    json::object all;
    for (const auto& [name, one] : all_) {
        json::object entry;
        add_effect(one, entry);
        all[name] = std::move(entry);
    }
    return json::serialize(all);
}

json::object to_json(const std::string& name, const Override& one) {
    json::object out{{"virtual", name}, {"who", one.who}, {"since", mappings::to_text(one.since)}};
    add_effect(one, out);
    return out;
}

Result<OverrideRequest> OverrideRequest::parse(std::string_view body) {
    const auto object = certs::parse_strict_object(body);
    if (!object) return object.error();
    if (auto known = check_keys(*object, {"virtual", "enabled", "maintenance", "expires"}); !known)
        return known.error();
    auto name = read_text(*object, "virtual");
    const auto enabled = read_flag(*object, "enabled");
    const auto maintenance = read_flag(*object, "maintenance");
    const auto expires = read_expires(*object);
    if (!name) return name.error();
    if (!enabled) return enabled.error();
    if (!maintenance) return maintenance.error();
    if (!expires) return expires.error();
    if (!*enabled && !*maintenance && !*expires)
        return not_usable("say enabled, maintenance or expires; null takes an override back");
    OverrideRequest request{.name = std::move(*name)};
    if (*enabled) request.asked.enabled = **enabled;
    if (*maintenance) request.asked.maintenance = **maintenance;
    if (*expires) request.asked.expires = **expires;
    request.forget_enabled = *enabled && !**enabled;
    request.forget_maintenance = *maintenance && !**maintenance;
    request.forget_expires = *expires && !**expires;
    return request;
}

Override OverrideRequest::applied_to(const Override* before) const {
    auto after = before != nullptr ? *before : Override();
    if (asked.enabled || forget_enabled) after.enabled = asked.enabled;
    if (asked.maintenance || forget_maintenance) after.maintenance = asked.maintenance;
    if (asked.expires || forget_expires) after.expires = asked.expires;
    return after;
}

}  // namespace sallyport::agent
