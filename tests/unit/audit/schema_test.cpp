// docs/audit-events.schema.json is made of the code: SALLYPORT_WRITE_SCHEMA=1 writes it anew.
#include "audit/record.hpp"
#include "base/file.hpp"
#include "every_event.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <vector>

namespace sallyport::audit {
namespace {

/// Keys of an event, in their order, with their types.
using Keys = std::vector<std::pair<std::string, std::string>>;

std::vector<std::pair<std::string, Keys>> keys_of_events() {
    std::vector<std::pair<std::string, Keys>> events;
    const auto lines = every_event();
    for (std::size_t at = 0; at < lines.size();) {
        const auto next = lines.find('\n', at) + 1;
        const auto record = *parse_record(std::string_view(lines).substr(at, next - at));
        at = next;
        if (events.empty() || events.back().first != record.event)
            events.emplace_back(record.event, Keys());
        auto& keys = events.back().second;
        for (const auto& [key, value] : record.fields) {
            const std::pair<std::string, std::string> one(key, value.is_string()   ? "string"
                                                               : value.is_object() ? "object"
                                                                                   : "integer");
            if (std::ranges::find(keys, one) == keys.end()) keys.push_back(one);
        }
    }
    return events;
}

/// JSON Schema 2020-12, one definition per event.
std::string schema() {
    std::string text = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "A record of Sallyport's audit log",
  "description": "One line each. Keys beyond those named here may come with a later version.",
  "type": "object",
  "required": ["seq", "prev", "time", "boot", "mono", "event", "cfg"],
  "properties": {
    "seq": {"type": "integer", "minimum": 0},
    "prev": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "time": {"type": "string", "format": "date-time"},
    "boot": {"type": "string"},
    "mono": {"type": "integer", "minimum": 0},
    "event": {"type": "string"},
    "cfg": {"type": "string"},
    "cut": {"type": "object", "additionalProperties": {"type": "integer"}}
  },
  "oneOf": [)";
    std::string definitions;
    const char* before = "\n";
    for (const auto& [event, keys] : keys_of_events()) {
        text += std::string(before) + "    {\"$ref\": \"#/$defs/" + event + "\"}";
        definitions += std::string(before) + "    \"" + event +
                       "\": {\n      \"properties\": {\n        \"event\": {\"const\": \"" + event +
                       "\"}";
        for (const auto& [key, type] : keys)
            definitions += ",\n        \"" + key + "\": {\"type\": \"" + type + "\"}";
        definitions += "\n      }\n    }";
        before = ",\n";
    }
    return text + "\n  ],\n  \"$defs\": {" + definitions + "\n  }\n}\n";
}

std::filesystem::path docs() {
    const auto* source = std::getenv("SALLYPORT_SOURCE_DIR");
    return source == nullptr ? std::filesystem::path() : std::filesystem::path(source) / "docs";
}

TEST(AuditSchema, IsTheOneThatIsPublished) {
    if (docs().empty()) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto file = docs() / "audit-events.schema.json";
    if (std::getenv("SALLYPORT_WRITE_SCHEMA") != nullptr) {
        ASSERT_TRUE(replace_file(file, schema(), 0644));
    }
    const auto published = read_file(file);
    ASSERT_TRUE(published);
    EXPECT_EQ(*published, schema())
        << "write it anew: SALLYPORT_WRITE_SCHEMA=1 SALLYPORT_SOURCE_DIR=$PWD "
           "build/dev/tests/unit_audit --gtest_filter=AuditSchema.*";
}

TEST(AuditSchema, HasEveryEventThatThePageHas) {
    if (docs().empty()) GTEST_SKIP() << "SALLYPORT_SOURCE_DIR is not set; run it with ctest";
    const auto page = *read_file(docs() / "AUDIT.md");
    std::vector<std::string> known;
    for (const auto& [event, keys] : keys_of_events()) known.push_back(event);
    for (auto at = page.find("\n### "); at != std::string::npos; at = page.find("\n### ", at + 1)) {
        const auto heading = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
        for (auto tick = heading.find('`'); tick != std::string::npos;) {
            const auto end = heading.find('`', tick + 1);
            const auto event = heading.substr(tick + 1, end - tick - 1);
            EXPECT_NE(std::ranges::find(known, event), known.end()) << event;
            tick = heading.find('`', end + 1);
        }
    }
}

}  // namespace
}  // namespace sallyport::audit
