#include "daemon/witness_config.hpp"

#include "tlog/signer.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;

struct Read {
    std::vector<WitnessSettings> all;
    std::string problems;
};

Read read(const std::string& tables, std::chrono::milliseconds checkpoint_interval = 1s) {
    ConfigProblems problems;
    auto document = read_config(tables, "f", problems);
    auto audit = document.table("audit");
    auto all = read_witnesses(audit, checkpoint_interval);
    return {std::move(all), problems.text()};
}

std::string vkey(std::string name = "witness.corp/w1") {
    const auto key = certs::Key::generate(certs::KeyKind::ed25519);
    return tlog::Cosigner::create(std::move(name), *key)->verifier().to_text();
}

/// A table with these values, and what follows.
std::string table(const std::string& name, const std::string& url, const std::string& key,
                  const std::string& more = "") {
    return "[[audit.witness]]\nname = \"" + name + "\"\nurl = \"" + url + "\"\nkey = \"" + key +
           "\"\n" + more;
}

constexpr const char* url = "https://witness.corp:8443/tlog";

TEST(WitnessConfig, ReadsAWitness) {
    const auto key = vkey();
    const auto found = read(table("corp", url, key,
                                  "ca_file = \"/ca\"\ninterval = \"1m\"\n"
                                  "proxy = \"http://proxy.corp:3128\"\n"
                                  "proxy_credentials_file = \"/proxy\"\n"));
    EXPECT_EQ(found.problems, "");
    ASSERT_EQ(found.all.size(), 1U);
    EXPECT_EQ(found.all.front(),
              (WitnessSettings{.name = "corp",
                               .url = {"witness.corp", 8443, "/tlog/add-checkpoint"},
                               .key = key,
                               .ca_file = "/ca",
                               .proxy = {"http://proxy.corp:3128", "/proxy"},
                               .interval = 1min}));
}

TEST(WitnessConfig, NeedsNoMoreThanNameAndUrlAndKey) {
    const auto found = read(table("corp", "https://witness.corp", vkey()));
    EXPECT_EQ(found.problems, "");
    ASSERT_EQ(found.all.size(), 1U);
    EXPECT_EQ(found.all.front().url.text(), "https://witness.corp:443/add-checkpoint");
    EXPECT_EQ(found.all.front().interval, 10s);
    EXPECT_FALSE(found.all.front().ca_file.empty());
    const auto seldom = read(table("corp", "https://witness.corp/", vkey()), 1min);
    EXPECT_EQ(seldom.all.front().interval, 1min) << "there is nothing new before";
    EXPECT_EQ(seldom.all.front().url.target, "/add-checkpoint");
}

TEST(WitnessConfig, SaysWhatIsWrongAndWhere) {
    const auto key = vkey();
    const auto plain = tlog::Signer::create("w", *certs::Key::generate(certs::KeyKind::ed25519))
                           ->verifier()
                           .to_text();
    const struct {
        std::string text;
        const char* problem;
    } wrong[] = {
        {table("corp", "http://witness.corp", key), "f:3:7: audit.witness.url must be https://"},
        {table("corp", "http://127.0.0.1", key), "clear text"},
        {table("corp", "https://witness.corp/?log=1", key), "must be https://"},
        {table("corp", "https://me@witness.corp/", key), "must be https://"},
        {table("corp", url, "witness.corp/w1"), "f:4:7: audit.witness.key must be the witness's"},
        {table("corp", url, key + "A"), "verifier key"},
        {table("corp", url, plain), "0x04"},
        {table("../w", url, key), "name must be 1 to 64"},
        {table("", url, key), "name must be 1 to 64"},
        {table("corp", url, key, "interval = \"500ms\"\n"), "interval"},
        {table("corp", url, key, "ca_file = \"ca.pem\"\n"), "ca_file"},
        {table("corp", url, key, "proxy = \"https://proxy.corp\"\n"), "proxy must be http://"},
        {table("corp", url, key, "proxy_credentials_file = \"/p\"\n"), "needs a proxy"},
        {table("corp", url, key, "vkey = \"\"\n"), "vkey"},
        {table("corp", url, key) + table("corp", url, vkey()), "name is the name of another"},
        {table("corp", url, key) + table("other", url, key), "key is the key of another"},
        {"[audit]\nwitness = \"corp\"\n", "must be written as [[audit.witness]]"},
    };
    for (const auto& row : wrong)
        EXPECT_THAT(read(row.text).problems, testing::HasSubstr(row.problem)) << row.text;
}

TEST(WitnessConfig, ThereAreNotTooMany) {
    std::string all;
    for (std::size_t i = 0; i <= configured_witnesses_max; ++i)
        all += table("w" + std::to_string(i), url, vkey());
    EXPECT_THAT(read(all).problems, testing::HasSubstr("more than 8"));
}

}  // namespace
}  // namespace sallyport::daemon
