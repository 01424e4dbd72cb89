#include "agent/candidate.hpp"

#include "agent/config_change.hpp"
#include "base/error.hpp"
#include "certs/strict_json.hpp"
#include "mappings/exposure.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::agent {
namespace {

namespace json = boost::json;

Error no_candidate() {
    return {Errc::malformed, "say {\"documents\": [{\"name\": ..., \"text\": ...}, ...]}"};
}

/// What a mapping needs beside its own words: part of what Site::make() would find.
Result<void> check_needs(const Site& running, const Config& config,
                         const mappings::Mapping& mapping) {
    const auto where = "mapping " + mapping.virtual_text();
    const auto& file = mapping.principal.credentials_file;
    if (!file.empty() && !running.technical.contains(file))
        if (const auto loaded = TechnicalCredentials::load(file); !loaded)
            return Error{loaded.error().code,
                         where + ": credentials_file: " + loaded.error().detail};
    const auto& internal = mapping.internal;
    const bool needs_key =
        (mapping.via && find_ssh(config.ssh, mapping.via->host, mapping.via->port) == nullptr) ||
        (mapping.is_files() &&
         find_ssh(config.ssh, internal.host, internal.ports.first) == nullptr);
    if (needs_key)
        return Error{Errc::malformed,
                     where + ": no [[ssh]] table in agent.toml says with which key to log on"};
    return {};
}

}  // namespace

std::string candidate_json(const ConfigDocuments& documents) {
    json::array all;
    for (const auto& [name, text] : documents)
        all.push_back(json::object{{"name", name}, {"text", text}});
    return json::serialize(json::object{{"documents", std::move(all)}});
}

Result<ConfigDocuments> read_candidate(std::string_view body) {
    const auto object = certs::parse_strict_object(
        body, {.bytes_max = http::SimpleService::body_bytes_max, .depth_max = 4});
    if (!object) return object.error();
    const auto* all = object->if_contains("documents");
    if (all == nullptr || !all->is_array() || all->get_array().empty()) return no_candidate();
    ConfigDocuments documents;
    for (const auto& value : all->get_array()) {
        const auto* document = value.if_object();
        const auto* name = document == nullptr ? nullptr : document->if_contains("name");
        const auto* text = document == nullptr ? nullptr : document->if_contains("text");
        if (name == nullptr || text == nullptr || !name->is_string() || !text->is_string())
            return no_candidate();
        documents.emplace_back(name->get_string(), text->get_string());
    }
    return documents;
}

Result<json::object> judge_candidate(const Site& running, const ConfigDocuments& documents) {
    const auto config = Config::parse(documents);
    if (!config) return config.error();
    for (const auto& mapping : config->mappings)
        if (auto good = check_needs(running, *config, mapping); !good) return good.error();
    const auto table = mappings::Table::create(config->mappings);
    if (!table) return table.error();
    auto before = running.config;
    before.mappings = running.written;
    json::object out{{"valid", true},
                     {"file", running.config.file.native()},
                     {"mappings", config->mappings.size()},
                     {"changes", compare(before, *config).changes_text()}};
    auto& warnings = out["warnings"].emplace_array();
    for (const auto& warning : config->warnings) warnings.emplace_back(warning);
    const auto now = std::chrono::system_clock::now();
    for (const auto& warning : mappings::exposure_warnings(config->mappings, now))
        warnings.emplace_back(warning);
    auto& overrides = out["overrides"].emplace_array();
    for (const auto& [name, one] : running.overrides.all()) overrides.push_back(to_json(name, one));
    return out;
}

}  // namespace sallyport::agent
