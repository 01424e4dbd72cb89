// Both programs read any configuration without crashing, and what they accept is usable.
#include "agent/config.hpp"
#include "hub/config.hpp"
#include "mappings/table.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

/// Two documents may stand in one input, as agent.toml and a file of mappings.d.
constexpr std::string_view separator = "\n---\n";

void check(bool holds) {
    if (!holds) std::abort();
}

void read_agent(const std::string& text) {
    std::vector<std::pair<std::string, std::string>> documents;
    const auto end = text.find(separator);
    documents.emplace_back("main", text.substr(0, end));
    if (end != std::string::npos)
        documents.emplace_back("more", text.substr(end + separator.size()));
    const auto config = sallyport::agent::Config::parse(documents);
    if (!config) return check(!config.error().detail.empty());
    check(config->digest.size() == 64);
    check(!config->hubs.empty() && config->state_dir.is_absolute());
    check(sallyport::mappings::Table::create(config->mappings).has_value());
}

void read_hub(const std::string& text) {
    const auto config = sallyport::hub::Config::parse(text, "hub");
    if (!config) return check(!config.error().detail.empty());
    check(!config->name.empty() && config->state_folder.is_absolute());
    check(config->url.starts_with("https://"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    read_agent(text);
    read_hub(text);
    return 0;
}
