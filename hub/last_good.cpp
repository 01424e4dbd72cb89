#include "hub/last_good.hpp"

#include "base/error.hpp"
#include "daemon/last_good.hpp"
#include "hub/config_words.hpp"
#include "hub/listening_sockets.hpp"
#include "net/endpoint.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

/// Decide nothing about who may do what. Those that end in "." stand for a table. Of the audit log
/// nothing is known that would be narrower in every way.
constexpr auto left_as_they_were = std::to_array<std::string_view>(
    {"hub.name", "hub.url", "hub.workers", "hub.admin_socket", "hub.log_level", "hub.access_log",
     "log.", "limits.", "tunnel.", "audit."});

/// Nothing narrower is known: where the hub listens for everybody, and whom it believes.
constexpr auto must_be_the_same =
    std::to_array<std::string_view>({"hub.tls", "hub.proxy", "hub.state", "agents."});

/// What stands in no table of these, or writes one of them in another way, could mean any.
constexpr auto known_tables =
    std::to_array<std::string_view>({"hub.", "enrolment.", "log.", "limits.", "tunnel.", "audit."});

/// Takes away what one or several keys give. `close` says how it is now; empty: as it was.
struct Closing {
    std::string_view keys;  // begin so
    std::string (*close)(Config& config);
};

template <class T>
std::string lower(T& value, T to, std::string how) {
    if (value <= to) return {};
    value = to;
    return how;
}

template <class T>
std::string set_to(T& value, T to, std::string how) {
    if (value == to) return {};
    value = std::move(to);
    return how;
}

std::string close_admin_listen(Config& config) {
    if (config.admin.listen.empty()) return {};
    const daemon::AdminConfig before = std::exchange(config.admin, {});
    config.admin.admin_group = before.admin_group;
    config.admin.view_group = before.view_group;
    return "[hub] admin_listen: closed";
}

constexpr auto closings = std::to_array<Closing>({
    {"hub.admin_listen", close_admin_listen},
    {"hub.admin_certificate_file", close_admin_listen},
    {"hub.admin_key_file", close_admin_listen},
    {"hub.admin_client_ca_file", close_admin_listen},
    {"hub.admin_token_file", close_admin_listen},
    {"hub.admin_group",
     [](Config& config) {
         return set_to(config.admin.admin_group, {},
                       "[hub] admin_group: nobody but root and the hub's user");
     }},
    {"hub.view_group",
     [](Config& config) {
         return set_to(config.admin.view_group, {}, "[hub] view_group: nobody");
     }},
    {"hub.socks5",
     [](Config& config) { return set_to(config.socks5, {}, "[hub] socks5: closed"); }},
    {"hub.saprouter",
     [](Config& config) { return set_to(config.saprouter, {}, "[hub] saprouter: closed"); }},
    {"hub.allow_plaintext",
     [](Config& config) {
         return set_to(config.allow_plaintext, false, "[hub] allow_plaintext: false");
     }},
    {"hub.token_lifetime",
     [](Config& config) {
         return lower(config.token_lifetime, token_lifetime_min,
                      "[hub] token_lifetime: 10 minutes");
     }},
    {"hub.agent_certificate_lifetime",
     [](Config& config) {
         return lower<std::chrono::seconds>(config.agent_certificate_lifetime, 24h,
                                            "[hub] agent_certificate_lifetime: 24 hours");
     }},
    {"enrolment.",
     [](Config& config) {
         return lower<std::chrono::seconds>(config.expired_grace, 0s,
                                            "[enrolment] expired_grace: none");
     }},
    {"enrolment.",
     [](Config& config) {
         return set_to(config.approval, ApprovalPolicy::always, "[enrolment] approve: always");
     }},
});

bool is_of(std::string_view key, std::string_view which) {
    return which.ends_with('.') ? key.starts_with(which) : key == which;
}

template <class All>
bool is_one_of(std::string_view key, const All& all) {
    return std::ranges::any_of(all, [&](std::string_view which) { return is_of(key, which); });
}

bool can_be_closed(std::string_view key) {
    return std::ranges::any_of(closings, [&](const auto& one) { return is_of(key, one.keys); });
}

bool is_on_loopback(const std::string& address) {
    const auto parsed = net::HostPort::parse(address);
    return parsed && is_loopback(*parsed);
}

/// Keeps those certificates that stand there in the same words.
void narrow_certificates(Config& config, const ConfigWords& was, const ConfigWords& is,
                         std::vector<std::string>& closed) {
    std::vector<CertificateConfig> kept;
    const bool are_understood = was.certificates().size() == config.certificates.size();
    for (std::size_t i = 0; i < config.certificates.size(); ++i) {
        auto& one = config.certificates[i];
        const bool keep =
            are_understood && std::ranges::any_of(is.certificates(), [&](const auto& now) {
                return ConfigWords::are_same(was.certificates()[i], now);
            });
        if (!keep) closed.push_back("[[certificate]] of " + one.names.front() + ": not shown");
        if (keep) kept.push_back(std::move(one));
    }
    config.certificates = std::move(kept);
}

Error no_narrower(const std::string& key) {
    return {Errc::denied, "the last good configuration cannot be used: " + key +
                              " is written otherwise than in it, or cannot be understood"};
}

}  // namespace

Result<Narrowed> narrowed(Config good, std::string_view before, std::string_view present) {
    const auto was = ConfigWords::of(before);
    const auto is = ConfigWords::of(present);
    const auto differing = ConfigWords::differences(was, is);
    for (const auto& key : differing)
        if (is_one_of(key, must_be_the_same)) return no_narrower(key);
    for (const auto& key : differing)
        if (!is_one_of(key, known_tables))
            return no_narrower(key == "?" ? "something that never closes" : key);
    const bool is_in_doubt = std::ranges::any_of(differing, [](const auto& key) {
        return !is_one_of(key, left_as_they_were) && !can_be_closed(key);
    });
    Narrowed result{std::move(good), {}};
    auto& config = result.config;
    for (const auto& closing : closings) {
        const bool is_meant = std::ranges::any_of(
            differing, [&](const auto& key) { return is_of(key, closing.keys); });
        if (!is_meant && !is_in_doubt) continue;
        if (auto how = closing.close(config); !how.empty()) result.closed.push_back(std::move(how));
    }
    // What clear text was allowed for.
    if (!config.allow_plaintext && !is_on_loopback(config.proxy)) return no_narrower("hub.proxy");
    for (auto [key, address] :
         {std::pair("socks5", &config.socks5), std::pair("saprouter", &config.saprouter)})
        if (!config.allow_plaintext && !address->empty() && !is_on_loopback(*address)) {
            address->clear();
            result.closed.push_back("[hub] " + std::string(key) + ": closed");
        }
    narrow_certificates(config, was, is, result.closed);
    return result;
}

std::filesystem::path state_folder_of(std::string_view text) {
    constexpr std::string_view scheme = "sqlite://";
    const auto state = daemon::first_value(text, "state");
    if (!state || !state->starts_with(scheme)) return Config().state_folder;
    return std::filesystem::path(state->substr(scheme.size())).parent_path();
}

}  // namespace sallyport::hub
