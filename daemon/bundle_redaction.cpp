#include "daemon/bundle_redaction.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace sallyport::daemon {
namespace {

namespace json = boost::json;

constexpr std::string_view left_out = "[left out: it may repeat parts of the configuration]";

/// Events whose fields hold such a text.
constexpr std::array<std::string_view, 2> telling{"config.broken", "config.refused"};

/// Behind "agent.toml:12:7:", as every fault of a configuration begins.
std::size_t end_of_place(std::string_view line) {
    constexpr std::string_view mark = ".toml:";
    for (auto at = line.find(mark); at != std::string_view::npos; at = line.find(mark, at + 1)) {
        const auto from = at + mark.size();
        const auto end = line.find_first_not_of("0123456789:", from);
        if (end != from) return std::min(end, line.size());
    }
    return std::string_view::npos;
}

/// Where the part of a line ends that may be shown; npos: it may be shown whole.
std::size_t end_of_shown(std::string_view line) {
    auto end = end_of_place(line);
    for (const auto event : telling)
        if (const auto at = line.find(event); at != std::string_view::npos)
            end = std::min(end, at + event.size());
    return end;
}

bool has_query(std::string_view record) {
    constexpr std::string_view key = "\"path\":\"";
    const auto at = record.find(key);
    if (at == std::string_view::npos) return false;
    const auto rest = record.substr(at + key.size());
    const auto end = rest.find_first_of("\"?");  // a quote inside stands behind a backslash
    return end != std::string_view::npos &&
           (rest[end] == '?' || (end > 0 && rest[end - 1] == '\\'));
}

/// The first line, which is taken off.
std::string_view take_line(std::string_view& text) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

}  // namespace

std::string line_without_config_error(std::string_view line) {
    const auto end = end_of_shown(line);
    std::string out(line.substr(0, end));
    if (end != std::string_view::npos) out.append(" ").append(left_out);
    return out;
}

std::string log_without_config_errors(std::string_view log) {
    std::string out;
    while (!log.empty()) out.append(line_without_config_error(take_line(log))).append("\n");
    return out;
}

std::string status_without_config_errors(std::string_view status) {
    boost::system::error_code failure;
    auto value = json::parse(status, failure);
    if (failure || !value.is_object()) return {};
    auto& object = value.get_object();
    auto* last_good = object.if_contains("last_good");
    if (last_good == nullptr) return json::serialize(value);
    if (last_good->is_object()) last_good->get_object()["why"] = left_out;
    if (auto* warnings = object.if_contains("warnings"); warnings && warnings->is_array())
        for (auto& warning : warnings->get_array()) warning = left_out;
    return json::serialize(value);
}

std::string records_without_queries(std::string_view records) {
    std::string out;
    while (!records.empty())
        if (const auto line = take_line(records); !has_query(line)) out.append(line).append("\n");
    return out;
}

}  // namespace sallyport::daemon
