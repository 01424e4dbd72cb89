#include "hub/config.hpp"

#include "base/bytes.hpp"
#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

#include <algorithm>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

/// "sqlite:///folder/hub.db" -> "/folder". The database is always hub.db beside the hub's keys.
std::filesystem::path state_folder(ConfigTable& table, const std::filesystem::path& fallback) {
    const auto state = table.text("state", "sqlite://" + (fallback / "hub.db").string());
    constexpr std::string_view scheme = "sqlite://";
    const std::filesystem::path file = state.substr(std::min(scheme.size(), state.size()));
    if (!state.starts_with(scheme) || file.filename() != "hub.db" || !file.has_parent_path()) {
        table.problem("state", "must be sqlite:///FOLDER/hub.db");
        return fallback;
    }
    return file.parent_path();
}

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address.starts_with("localhost:") ||
           address.starts_with("[::1]:");
}

bool is_address(std::string_view address) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos) return false;
    const auto port = parse_decimal(address.substr(colon + 1));
    return port && *port <= 65'535;
}

seconds whole_seconds(std::chrono::milliseconds time) {
    return std::chrono::duration_cast<seconds>(time);
}

void read_hub(ConfigTable table, Config& config) {
    config.name = table.text("name");
    const bool good_name = !config.name.empty() && std::ranges::all_of(config.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
    if (!good_name) table.problem("name", "must be the hub's DNS name in lower case");
    config.tls = table.text("tls", config.tls);
    config.proxy = table.text("proxy", config.proxy);
    for (const auto& [key, address] :
         {std::pair("tls", config.tls), std::pair("proxy", config.proxy)})
        if (!is_address(address)) table.problem(key, "must be host:port or :port");
    const auto port = config.tls.substr(config.tls.rfind(':') + 1);
    config.url = table.text("url", "https://" + config.name + (port == "443" ? "" : ":" + port));
    config.allow_plaintext = table.boolean("allow_plaintext", false);
    if (!is_loopback(config.proxy) && !config.allow_plaintext)
        table.problem("proxy",
                      "carries tokens in clear text: use a loopback address, or say "
                      "allow_plaintext = true if the network is safe");
    for (const auto* key : {"socks5", "saprouter"})
        if (!table.text(key).empty()) table.problem(key, "is not supported yet in this version");
    config.state_folder = state_folder(table, config.state_folder);
    config.admin_socket = table.text("admin_socket", config.admin_socket.string());
    config.workers = static_cast<std::size_t>(table.integer("workers", 2, 1, 64));
    const auto level = table.choice("log_level", {"info", "debug", "warn", "error"});
    config.log_level = level == "debug"   ? log::Level::debug
                       : level == "warn"  ? log::Level::warn
                       : level == "error" ? log::Level::error
                                          : log::Level::info;
    config.token_lifetime = whole_seconds(table.duration("token_lifetime", 1h, 10min, 24h));
    config.agent_certificate_lifetime =
        whole_seconds(table.duration("agent_certificate_lifetime", 720h, 1min, 8'784h));
    table.done();
}

void read_limits(ConfigTable table, Config& config) {
    auto& limits = config.client_limits;
    limits.requests_max = static_cast<std::uint32_t>(
        table.integer("requests_per_client", limits.requests_max, 1, 1'000'000));
    limits.aborts_per_second =
        static_cast<double>(table.integer("aborts_per_second", 50, 1, 100'000));
    limits.aborts_burst = static_cast<double>(table.integer("aborts_burst", 200, 1, 100'000));
    table.done();
}

void read_tunnel(ConfigTable table, Config& config) {
    constexpr std::int64_t mebibyte = 1024 * 1024;
    config.memory_budget_bytes =
        static_cast<std::size_t>(table.integer("memory_budget_mib", 64, 1, 64 * 1024) * mebibyte);
    config.keepalive.interval = table.duration("ping_interval", 15s, 20ms, 10min);
    config.keepalive.patience = table.duration("ping_timeout", 10s, 20ms, 10min);
    config.hold = table.duration("hold_timeout", 5s, 0ms, 1min);
    config.drain = table.duration("drain_timeout", 30s, 0ms, 1h);
    table.done();
}

CertificateConfig read_certificate(ConfigTable table) {
    CertificateConfig certificate;
    certificate.names = table.texts("names");
    certificate.chain_file = table.text("chain_file");
    certificate.key_file = table.text("key_file");
    if (certificate.names.empty() || certificate.chain_file.empty() || certificate.key_file.empty())
        table.problem("", "needs names, chain_file and key_file");
    table.done();
    return certificate;
}

}  // namespace

Result<Config> Config::parse(const std::string& text, const std::string& name) {
    Config config;
    ConfigProblems problems;
    auto document = read_config(text, name, problems);
    read_hub(document.table("hub"), config);
    read_limits(document.table("limits"), config);
    read_tunnel(document.table("tunnel"), config);
    for (auto& table : document.tables("certificate"))
        config.certificates.push_back(read_certificate(table));
    document.done();
    if (!problems.empty()) return Error{Errc::malformed, problems.text()};
    config.file = name;
    return config;
}

Result<Config> Config::load(const std::filesystem::path& file) {
    auto text = read_file(file);
    if (!text) return text.error();
    return parse(*text, file.string());
}

}  // namespace sallyport::hub
