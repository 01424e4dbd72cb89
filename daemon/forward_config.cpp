#include "daemon/forward_config.hpp"

#include "daemon/label.hpp"
#include "forward/check.hpp"
#include "mappings/internal_host.hpp"
#include "net/endpoint.hpp"

#include <algorithm>

namespace sallyport::daemon {
namespace {

constexpr std::uint16_t syslog_tls_port = 6514;  // RFC 5425 section 4.1
constexpr std::size_t patterns_max = 64;
constexpr std::int64_t file_bytes_min = 1024 * 1024;
constexpr std::int64_t file_bytes_max = std::int64_t{1} << 50;

std::filesystem::path optional_path(ConfigTable& table, std::string_view key) {
    return table.text(key).empty() ? std::filesystem::path() : table.path(key);
}

void read_syslog(ConfigTable& table, forward::Settings& settings) {
    constexpr std::string_view scheme = "syslog+tls://";
    const auto url = table.text("url");
    auto place = url.starts_with(scheme) ? url.substr(scheme.size()) : std::string();
    const auto name_end = place.starts_with('[') ? place.find(']') : 0;
    if (!place.empty() && place.find(':', name_end) == std::string::npos)
        place += ":" + std::to_string(syslog_tls_port);
    const auto parsed = net::HostPort::parse(place);
    if (!parsed || parsed->host.empty() || parsed->port == 0 ||
        parsed->host.find_first_of("/@?# ") != std::string::npos) {
        table.problem("url", "must be syslog+tls://host[:port]");
    } else {
        settings.host = parsed->host;
        settings.port = parsed->port;
    }
    settings.ca_file = optional_path(table, "ca_file");
    settings.certificate_file = optional_path(table, "certificate_file");
    settings.key_file = table.secret_path("key_file");
    if (settings.ca_file.empty())
        table.problem("ca_file", "is needed: who signs the receiver's certificate");
    if (settings.certificate_file.empty() != settings.key_file.empty())
        table.problem("certificate_file", "and key_file belong together");
}

void read_file_target(ConfigTable& table, forward::Settings& settings) {
    settings.path = optional_path(table, "path");
    if (settings.path.empty()) table.problem("path", "is needed: the file to append to");
    settings.size_max = static_cast<std::uint64_t>(
        table.integer("size_max", static_cast<std::int64_t>(forward::file_bytes_default),
                      file_bytes_min, file_bytes_max));
}

/// Whole segments go there, so nothing can be chosen or put in other words.
void read_sftp(ConfigTable& table, forward::Settings& settings) {
    const auto server = mappings::parse_internal_host(table.text("url"));
    if (!server || server->protocol != mappings::Protocol::sftp) {
        table.problem("url", "must be sftp://user@host[:port]/folder");
    } else {
        settings.host = server->host;
        settings.port = server->ports.first;
        settings.user = server->user;
        settings.folder = server->base;
    }
    settings.key_file = table.secret_path("key_file");
    settings.passphrase_file = table.secret_path("passphrase_file");
    settings.known_hosts_file = optional_path(table, "known_hosts_file");
    for (const auto* key : {"key_file", "known_hosts_file"})
        if (!table.has(key)) table.problem(key, "is needed");
    for (const auto* key : {"events", "format"})
        if (table.has(key)) table.problem(key, "does not go with sftp: it gets whole segments");
}

forward::Settings read_forwarder(ConfigTable table) {
    forward::Settings settings;
    settings.name = table.text("name");
    if (!is_label(settings.name)) table.problem("name", label_rule);
    const auto kind = table.choice("kind", {"syslog", "journald", "file", "sftp"});
    settings.kind = kind == "file"       ? forward::Kind::file
                    : kind == "journald" ? forward::Kind::journald
                    : kind == "sftp"     ? forward::Kind::sftp
                                         : forward::Kind::syslog;
    settings.format = table.choice("format", {"json", "cef"}) == "cef" ? forward::Format::cef
                                                                       : forward::Format::json;
    settings.begin = table.choice("from", {"end", "start"}) == "start" ? forward::Begin::start
                                                                       : forward::Begin::end;
    settings.personal = table.boolean("personal", false);
    if (table.has("events")) settings.events = table.texts("events");
    if (settings.events.empty() || settings.events.size() > patterns_max)
        table.problem("events", "must be 1 to 64 patterns of event names");
    if (settings.kind == forward::Kind::syslog) read_syslog(table, settings);
    if (settings.kind == forward::Kind::sftp) read_sftp(table, settings);
    if (settings.kind == forward::Kind::file) read_file_target(table, settings);
    if (settings.kind == forward::Kind::journald)
        settings.path = table.path("socket", forward::journal_socket_default);
    table.done();
    return settings;
}

}  // namespace

std::vector<forward::Settings> read_forwarders(ConfigTable& audit) {
    std::vector<forward::Settings> all;
    for (auto& table : audit.tables("forward")) {
        auto settings = read_forwarder(table);
        const bool known = std::ranges::any_of(
            all, [&](const forward::Settings& other) { return other.name == settings.name; });
        if (known) table.problem("name", "is the name of another [[audit.forward]] already");
        all.push_back(std::move(settings));
    }
    if (all.size() > forwarders_max)
        audit.problem("forward", "has more than " + std::to_string(forwarders_max) + " entries");
    return all;
}

std::filesystem::path forward_folder(const std::filesystem::path& state_folder) {
    return state_folder / "forward";
}

std::vector<std::string> forwarder_warnings(const std::vector<forward::Settings>& all) {
    std::vector<std::string> warnings;
    for (const auto& settings : all) {
        const auto good = forward::check_files(settings);
        if (!good)
            warnings.push_back("[[audit.forward]] " + settings.name + ": " + to_text(good.error()));
    }
    return warnings;
}

}  // namespace sallyport::daemon
