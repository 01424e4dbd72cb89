#include "daemon/witness_config.hpp"

#include "daemon/label.hpp"
#include "daemon/server_address.hpp"
#include "tlog/verifier_key.hpp"

#include <algorithm>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;

/// The authorities that the operating system trusts, as Debian has them.
constexpr const char* ca_file_default = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::string_view operation = "add-checkpoint";

HttpsUrl read_url(ConfigTable& table) {
    auto url = HttpsUrl::parse(table.text("url"));
    if (!url || url->target.find('?') != std::string::npos) {
        table.problem("url",
                      "must be https://host[:port][/path], what the witness calls its submission "
                      "prefix; what is offered to it says how busy this site is, so it never goes "
                      "out in clear text");
        return {};
    }
    if (!url->target.ends_with('/')) url->target += '/';
    url->target += operation;
    return std::move(*url);
}

std::string read_key(ConfigTable& table) {
    const auto key = tlog::VerifierKey::parse(table.text("key"));
    if (!key)
        table.problem("key", "must be the witness's verifier key, name+12345678+base64: " +
                                 key.error().detail);
    else if (key->type() != tlog::KeyType::cosignature)
        table.problem("key",
                      "must be a key for cosignatures (C2SP tlog-cosignature/v1, kind 0x04), "
                      "which say when they were made; this one signs notes without a time");
    return key ? key->to_text() : std::string();
}

ProxyWay read_proxy(ConfigTable& table) {
    ProxyWay proxy{table.text("proxy"), table.secret_path("proxy_credentials_file")};
    if (!proxy.url.empty() && !ServerAddress::from_proxy_url(proxy.url))
        table.problem("proxy", "must be http://host:port");
    if (proxy.url.empty() && !proxy.credentials.empty())
        table.problem("proxy_credentials_file", "needs a proxy");
    return proxy;
}

WitnessSettings read_witness(ConfigTable table, std::chrono::milliseconds interval) {
    WitnessSettings settings;
    settings.name = table.text("name");
    if (!is_label(settings.name)) table.problem("name", label_rule);
    settings.url = read_url(table);
    settings.key = read_key(table);
    settings.ca_file = table.path("ca_file", ca_file_default);
    settings.proxy = read_proxy(table);
    settings.interval = table.duration("interval", interval, 1s, 1h);
    table.done();
    return settings;
}

}  // namespace

std::vector<WitnessSettings> read_witnesses(ConfigTable& audit,
                                            std::chrono::milliseconds checkpoint_interval) {
    const auto interval =
        std::max<std::chrono::milliseconds>(checkpoint_interval, witness_interval_default);
    std::vector<WitnessSettings> all;
    for (auto& table : audit.tables("witness")) {
        auto settings = read_witness(table, interval);
        for (const auto& other : all) {
            if (other.name == settings.name)
                table.problem("name", "is the name of another [[audit.witness]] already");
            if (other.key == settings.key)
                table.problem("key", "is the key of another [[audit.witness]] already");
        }
        all.push_back(std::move(settings));
    }
    if (all.size() > configured_witnesses_max)
        audit.problem("witness",
                      "has more than " + std::to_string(configured_witnesses_max) + " entries");
    return all;
}

}  // namespace sallyport::daemon
