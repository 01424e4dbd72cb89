#include "agent/outbound.hpp"

#include "agent/config.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <cstdlib>
#include <gmock/gmock.h>
#include <set>
#include <sstream>

namespace sallyport::agent {
namespace {

using daemon::Outbound;

Config everything() {
    auto config = Config::parse({{"agent.toml", R"(
[[hub]]
name = "prod"
url = "https://hub.example.com:8443"
proxy = "http://proxy.corp:8080"
[enrolment]
est_url = "https://est.corp/.well-known/est"
ca_file = "/ca"
proxy = "http://inner.corp"
[[identity_provider]]
issuer = "https://login.corp"
jwks_url = "https://login.corp:9443/keys"
audiences = ["a"]
[kerberos]
keytab = "/k"
principal = "HTTP/agent.corp@CORP"
[[ssh]]
key_file = "/k"
known_hosts_file = "/h"
[audit]
[[audit.forward]]
name = "siem"
url = "syslog+tls://siem.corp"
ca_file = "/ca"
[[audit.forward]]
name = "archive"
kind = "sftp"
url = "sftp://log@files.corp/log"
key_file = "/k"
known_hosts_file = "/h"
[[audit.forward]]
name = "local"
kind = "journald"
[[audit.witness]]
name = "corp"
url = "https://witness.corp/tlog"
key = "witness.corp.local/w1+490cc093+BFz3qMWOFKgOUqvuxe6iADyfywMBmnx6B7P3txynswxo"
proxy = "http://w-proxy.corp"
[[channel]]
name = "hana"
listen = "127.0.0.1:30015"
[[mapping]]
virtual = "erp.virtual:443"
internal = ["https://erp.corp:44300", "https://erp2.corp:44301"]
[[mapping]]
virtual = "db.virtual:5430-5432"
internal = "tcp://db.corp:6430-6432"
via = "ssh://tunnel@jump.corp:2222"
)"}});
    EXPECT_TRUE(config) << config.error().detail;
    return *config;
}

std::set<std::string> places_of(const std::vector<Outbound>& all) {
    std::set<std::string> places;
    for (const auto& one : all)
        places.insert(one.from + " > " + one.host + ":" + std::to_string(one.port) +
                      (one.last_port > one.port ? "-" + std::to_string(one.last_port) : ""));
    return places;
}

TEST(AgentOutbound, ListsEachKindOfPlaceThatIsDialled) {
    const auto credentials = TechnicalCredentials::parse(
        "token_url = \"https://token.corp/t\"\nclient_id = \"c\"\nclient_secret = \"s\"\n", "f");
    ASSERT_TRUE(credentials) << credentials.error().detail;
    const std::vector<TechnicalCredentialsPtr> technical{*credentials};
    const std::vector<std::string> kdcs{"kdc1.corp", "kdc2.corp:8888"};
    const auto places = places_of(outbound_of(everything(), technical, kdcs));
    EXPECT_THAT(places,
                testing::UnorderedElementsAre(
                    "this machine > proxy.corp:8080", "proxy.corp:8080 > hub.example.com:8443",
                    "this machine > inner.corp:3128", "inner.corp:3128 > est.corp:443",
                    "this machine > login.corp:9443", "this machine > kdc1.corp:88",
                    "this machine > kdc2.corp:8888", "this machine > erp.corp:44300",
                    "this machine > erp2.corp:44301", "this machine > jump.corp:2222",
                    "jump.corp:2222 > db.corp:6430-6432", "this machine > token.corp:443",
                    "this machine > siem.corp:6514", "this machine > files.corp:22",
                    "this machine > w-proxy.corp:3128", "w-proxy.corp:3128 > witness.corp:443"));
}

TEST(AgentOutbound, NamesTheRecordOfDnsWhereKrb5ConfNamesNoKdc) {
    const auto places = places_of(outbound_of(everything(), {}, {}));
    EXPECT_TRUE(places.contains("this machine > _kerberos._tcp.CORP:88"));
}

/// Whoever adds a key that names a server has to document it (tests/tools/check_docs.py and
/// reviewers see to that), and then has to decide here whether it is dialled.
TEST(AgentOutbound, KnowsOfEachDocumentedAddressWhetherItIsDialled) {
    const std::set<std::string> dialled{"url",      "proxy", "est_url",  "jwks_url",
                                        "internal", "via",   "token_url"};
    const std::set<std::string> not_dialled{
        "issuer",        // a name
        "audiences",     // names
        "admin_listen",  // listened on
        "listen",
        "tls",
        "socks5",
        "saprouter",
        "virtual",  // nobody resolves it
        "host",     // of [[ssh]]: says which key counts for which `via`
        "hub",
        "state",
        "allow_remote",
        "allow_plaintext",
        "credentials_file",
        "proxy_credentials_file",
        "ca_file",
        "known_hosts_file",
    };
    const char* source = std::getenv("SALLYPORT_SOURCE_DIR");
    ASSERT_NE(source, nullptr);
    const auto text = read_file(std::string(source) + "/docs/CONFIGURATION.md");
    ASSERT_TRUE(text);
    std::istringstream lines(*text);
    std::size_t addresses = 0;
    for (std::string line; std::getline(lines, line);) {
        // "| `key` | type | default | meaning |"
        const auto begin = line.find('`');
        if (!line.starts_with("| `") || begin == std::string::npos) continue;
        const auto key = line.substr(begin + 1, line.find('`', begin + 1) - begin - 1);
        const bool names_address =
            line.find("://") != std::string::npos || line.find("host[:port]") != std::string::npos;
        if (!names_address || key.find("://") != std::string::npos) continue;
        ++addresses;
        EXPECT_TRUE(dialled.contains(key) || not_dialled.contains(key))
            << key << " names an address: does the agent or the hub connect to it? Then "
            << "agent/outbound.cpp or hub/outbound.cpp has to list it; say so in this test.\n"
            << line;
    }
    EXPECT_GE(addresses, 6U);
}

}  // namespace
}  // namespace sallyport::agent
