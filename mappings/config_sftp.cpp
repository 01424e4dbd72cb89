#include "mappings/config_sftp.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace sallyport::mappings {
namespace {

constexpr std::array<std::string_view, 6> file_methods = {"GET",    "HEAD", "PUT",
                                                          "DELETE", "MOVE", "MKCOL"};

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, unsigned>, 3> units = {
        {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
    unsigned shift = 0;
    for (const auto& [unit, power] : units)
        if (text.ends_with(unit)) {
            text.remove_suffix(unit.size());
            shift = power;
            break;
        }
    const auto number = parse_decimal(text);
    if (!number || *number == 0 || *number > (UINT64_MAX >> 1U >> shift)) return std::nullopt;
    return *number << shift;
}

void refuse_foreign_to_files(ConfigTable& table) {
    if (table.has("host_header")) table.problem("host_header", "belongs to http:// and https://");
    if (table.has("pin")) table.problem("pin", "belongs to TLS; sftp:// has known_hosts");
    if (table.has("system_certificate"))
        table.problem("system_certificate", "belongs to https://; sftp:// logs on with its key");
    if (table.has("principal"))
        table.problem("principal",
                      "belongs to http:// and https://: SFTP logs on as the one user of internal");
}

void complete_files(ConfigTable& limits, Mapping& mapping) {
    if (!limits.has("connections"))
        mapping.limits.connections = sftp_connections_default;
    else if (mapping.limits.connections > sftp_connections_max)
        limits.problem("connections", "is at most " + std::to_string(sftp_connections_max) +
                                          " for sftp://: they are channels of one SSH connection");
}

void read_file_rule(ConfigTable& table, Rule& rule) {
    if (table.has("content")) {
        const auto content = table.choice("content", {"json", "xml"});
        rule.content = content == "json" ? Content::json : Content::xml;
    }
    const auto size = table.text("size_max");
    if (size.empty()) return;
    if (const auto bytes = parse_size(size))
        rule.size_bytes_max = *bytes;
    else
        table.problem("size_max", "must be a size, e.g. \"10MiB\" or \"4096\"");
}

void check_file_rule(ConfigTable& table, const std::optional<Rule>& rule, bool of_files) {
    for (const auto* key : {"content", "size_max"})
        if (!of_files && table.has(key)) table.problem(key, "belongs to mappings of sftp://");
    if (!of_files || !rule) return;
    for (const auto* key : {"upgrade", "batch"})
        if (table.has(key)) table.problem(key, "belongs to http:// and https://");
    for (const auto& method : rule->methods)
        if (std::ranges::find(file_methods, method) == file_methods.end())
            table.problem("methods", "of sftp:// are GET, HEAD, PUT, DELETE, MOVE and MKCOL; " +
                                         method + " is none of them");
}

}  // namespace sallyport::mappings
