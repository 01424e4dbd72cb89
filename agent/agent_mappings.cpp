// What the running agent exposes, and how that is changed without a change of its configuration.
#include "agent/agent.hpp"
#include "agent/candidate.hpp"
#include "agent/config_change.hpp"
#include "agent/explain.hpp"
#include "agent/mapping_report.hpp"
#include "agent/mapping_verbs.hpp"
#include "base/bytes.hpp"
#include "base/log.hpp"
#include "certs/strict_json.hpp"
#include "daemon/audit_config.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

http::SimpleResponse invalid(const std::string& why) {
    return daemon::admin_error(422, "invalid", why);
}

/// As mappings are called, "host:port" or "host:first-last", or any spelling that leads there.
const mappings::Mapping* find_mapping(const mappings::Table& table, std::string_view name) {
    const auto found =
        std::ranges::find_if(table.mappings(), [&](const mappings::Mapping& mapping) {
            return equal_ignoring_case(mapping.virtual_text(), name);
        });
    return found != table.mappings().end() ? &*found : table.find(name);
}

std::string said_by(const Override* one) { return one == nullptr ? "" : one->text(); }

/// {"virtual": ...} or {"all": true}; empty: all.
Result<std::string> read_clear(std::string_view body) {
    const Error wrong{Errc::malformed, "say {\"virtual\": \"host:port\"}, or {\"all\": true}"};
    const auto object = certs::parse_strict_object(body);
    if (!object || object->size() != 1) return wrong;
    if (const auto* name = object->if_contains("virtual"); name != nullptr && name->is_string())
        return std::string(name->get_string());
    const auto* all = object->if_contains("all");
    if (all == nullptr || !all->is_bool() || !all->get_bool()) return wrong;
    return std::string();
}

/// What a command changed, for the answer and its record.
json::object change_json(const std::string& object, const std::string& before,
                         const std::string& after) {
    return {{"changed", {{"object", object}, {"before", before}, {"after", after}}}};
}

/// A change of the overrides of a site, or why it cannot be.
struct OverrideChange {
    Overrides after;
    json::object answer;
};

Result<OverrideChange> override_one(const Site& site, std::string_view body,
                                    daemon::AdminCaller caller) {
    const auto request = OverrideRequest::parse(body);
    if (!request) return request.error();
    const auto* mapping = find_mapping(site.table, request->name);
    if (mapping == nullptr)
        return Error{Errc::not_found, "nothing is mapped to \"" + request->name +
                                          "\"; sallyport mappings list tells what is"};
    OverrideChange change{site.overrides, {}};
    const auto name = mapping->virtual_text();
    const auto* before = site.overrides.find(name);
    auto now = request->applied_to(before);
    now.who = caller.text();
    now.since = std::chrono::system_clock::now();
    change.answer = change_json(name, said_by(before), now.text());
    if (auto done = change.after.change(name, now); !done) return done.error();
    return change;
}

Result<OverrideChange> clear_some(const Site& site, std::string_view body) {
    const auto name = read_clear(body);
    if (!name) return name.error();
    OverrideChange change{site.overrides, {}};
    if (name->empty()) {
        change.after.clear();
        change.answer = change_json("all overrides",
                                    std::to_string(site.overrides.all().size()) + " overrides", "");
        return change;
    }
    // One whose mapping is gone as well.
    const auto* mapping = find_mapping(site.table, *name);
    const auto called = mapping != nullptr ? mapping->virtual_text() : *name;
    change.answer = change_json(called, said_by(site.overrides.find(called)), "");
    if (!change.after.clear(called))
        return Error{Errc::not_found, "nothing overrides what the configuration says of " + called};
    return change;
}

}  // namespace

net::Task<http::SimpleResponse> Agent::change_overrides(std::string_view target,
                                                        std::string_view body,
                                                        daemon::AdminCaller caller) {
    const auto by = co_await daemon::changed_by(pool_, loop_, caller);
    auto change =
        target == override_target ? override_one(*site_, body, caller) : clear_some(*site_, body);
    if (!change) co_return invalid(change.error().detail);
    auto site = site_->with(change->after);
    if (!site) co_return invalid(site.error().detail);
    // What closes a mapping must be possible always; what opens one goes on record.
    if (opens_more(site_->config.mappings, (*site)->config.mappings))
        if (auto refused = daemon::refuse_unrecorded({}, *log_)) co_return std::move(*refused);
    // Kept first: what is in force is in force after a crash as well.
    if (auto kept = change->after.save(site_->config.overrides_file()); !kept)
        co_return daemon::admin_error(500, "failed",
                                      to_text(kept.error()) + "; nothing was changed");
    const auto done = put_in_force(std::move(*site), by);
    auto answer = std::move(change->answer);
    const auto name = std::string(answer.at("changed").at("object").as_string());
    log::info("mappings.override",
              {{"what", name}, {"says", said_by(site_->overrides.find(name))}, {"who", by.who}});
    if (const auto* mapping = find_mapping(site_->table, name))
        answer["mapping"] = mapping_json(*mapping, std::chrono::system_clock::now());
    if (!done) answer["failure"] = to_text(done.error());
    http::SimpleResponse response;
    response.body = json::serialize(answer);
    co_return response;
}

/// What is in force is asked, not the files.
http::SimpleResponse Agent::answer_explain(const daemon::AdminCall& call) const {
    const auto question = read_question(call.body());
    if (!question) return invalid(question.error().detail);
    // Who the back end sees stands in part in files that not everybody may read who may look.
    if (question->claims && call.caller.right < daemon::AdminRight::change)
        return daemon::admin_error(403, "forbidden",
                                   "only who may change something may ask with claims of a user");
    const auto explained = explain(*site_, *question, std::chrono::system_clock::now());
    if (!explained) return invalid(explained.error().detail);
    return daemon::admin_answer(explained->json.get_object());
}

http::SimpleResponse Agent::check_candidate(std::string_view body) const {
    const auto documents = read_candidate(body);
    if (!documents) return invalid(documents.error().detail);
    const auto judged = judge_candidate(*site_, *documents);
    if (!judged) return invalid(judged.error().detail);
    http::SimpleResponse response;
    response.body = json::serialize(*judged);
    return response;
}

/// Exchanges that begin from now on; what it changes is on record.
Result<void> Agent::put_in_force(SitePtr site, const daemon::ChangedBy& by) {
    const auto changed = compare(site_->config, site->config);
    site_ = std::move(site);
    auto recorded = log_->reconfigure(
        daemon::audit_policy(site_->config.audit, site_->config.digest), changed.made_by(by));
    if (!recorded) log::error("audit.failed", {{"error", to_text(recorded.error())}});
    health_checks_->use(site_);
    use_keys(keys_);
    return recorded;
}

json::object Agent::mappings_json() const {
    json::array all;
    const auto now = std::chrono::system_clock::now();
    for (const auto& mapping : site_->table.mappings()) {
        auto out = mapping_json(mapping, now);
        if (const auto* one = site_->overrides.find(mapping.virtual_text()))
            out["override"] = to_json(mapping.virtual_text(), *one);
        all.push_back(std::move(out));
    }
    return {{"configuration", site_->config.digest}, {"mappings", std::move(all)}};
}

}  // namespace sallyport::agent
