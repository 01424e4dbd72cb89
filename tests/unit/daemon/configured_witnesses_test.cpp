#include "daemon/configured_witnesses.hpp"

#include "net/blocking_pool.hpp"
#include "net/task_group.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tlog/signer.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;

/// Witnesses that cannot be asked, since the file of their authorities is missing.
class ConfiguredWitnessesTest : public testing::Test {
protected:
    ConfiguredWitnessesTest() {
        audit::Settings settings;
        settings.folder = folder_.path() / "audit";
        settings.checkpoint_interval = 0ms;
        log_ = std::move(*audit::Log::open(settings));
        log_->append(audit::LinkUp{});
        EXPECT_TRUE(log_->seal(audit::not_recorded));
    }
    ~ConfiguredWitnessesTest() override {
        net::TaskGroup tasks(loop_);
        tasks.spawn("stop", witnesses_.stop());
        EXPECT_TRUE(test::run_until_done(loop_, tasks));
        EXPECT_TRUE(witnesses_.status().empty());
    }
    WitnessSettings settings(const std::string& name) const {
        const auto key = certs::Key::generate(certs::KeyKind::ed25519);
        return {.name = name,
                .url = *HttpsUrl::parse("https://witness.test/add-checkpoint"),
                .key = tlog::Cosigner::create(name, *key)->verifier().to_text(),
                .ca_file = folder_.path() / "missing.pem",
                .proxy = {},
                .interval = 10s};
    }
    std::string error_of(std::size_t index) const {
        const auto all = witnesses_.status();
        const auto* error = all.at(index).as_object().if_contains("last_error");
        return error == nullptr ? "" : std::string(error->as_string());
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<audit::Log> log_;
    net::Loop loop_;
    net::BlockingPool pool_;
    ConfiguredWitnesses witnesses_{loop_, pool_};
};

TEST_F(ConfiguredWitnessesTest, StatusNamesThemAndWhatKeepsThemFromCountersigning) {
    const auto one = settings("one");
    witnesses_.use(*log_, {one});
    ASSERT_TRUE(test::run_until(loop_, [&] { return !error_of(0).empty(); }));
    EXPECT_THAT(error_of(0), testing::HasSubstr("missing.pem"));
    const auto status = witnesses_.status().at(0).as_object();
    EXPECT_EQ(status.at("name").as_string(), "one");
    EXPECT_EQ(status.at("url").as_string(), "https://witness.test:443/add-checkpoint");
    EXPECT_EQ(status.at("key").as_string(), one.key);
    EXPECT_EQ(status.at("countersigned").to_number<std::uint64_t>(), 0U);
    EXPECT_EQ(status.at("not_countersigned").to_number<std::uint64_t>(), log_->sealed().size);
    EXPECT_THAT(describe_witnesses(witnesses_.status()),
                testing::HasSubstr("witness one (https://witness.test:443/add-checkpoint): "));
    EXPECT_THAT(witness_warnings({one}),
                testing::ElementsAre(testing::HasSubstr("[[audit.witness]] one: ca_file")));
}

TEST_F(ConfiguredWitnessesTest, AReloadLeavesThoseAloneThatAreTheSame) {
    const auto one = settings("one");
    auto two = settings("two");
    witnesses_.use(*log_, {one, two});
    ASSERT_TRUE(
        test::run_until(loop_, [&] { return !error_of(0).empty() && !error_of(1).empty(); }));
    two.interval = 20s;
    witnesses_.use(*log_, {settings("three"), two, one});
    ASSERT_EQ(witnesses_.status().size(), 3U);
    EXPECT_EQ(error_of(1), "") << "another one with the same name";
    EXPECT_NE(error_of(2), "");
    ASSERT_TRUE(test::run_until(loop_, [&] { return !error_of(1).empty(); }));
    witnesses_.use(*log_, {});
    EXPECT_TRUE(witnesses_.status().empty());
    witnesses_.wake(audit::Haste::at_once);
}

}  // namespace
}  // namespace sallyport::daemon
