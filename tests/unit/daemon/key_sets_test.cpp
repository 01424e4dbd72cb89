#include "daemon/key_sets.hpp"

#include "base/error.hpp"
#include "net/tls_context.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/test_token.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;

std::string set_of(std::string_view key_id) {
    static const auto forge = test::TokenForge::ec();
    return test::key_set_of(forge.jwk(R"("kid":")" + std::string(key_id) + R"(")"));
}

KeySource source(std::string id) {
    return {.id = std::move(id), .host = {}, .target = {}, .authority = {}, .trust = nullptr};
}

/// Fetches give what `answers` holds, the last of it for ever; an empty text is a failure.
class KeySetsTest : public testing::Test {
protected:
    ~KeySetsTest() override {
        if (!key_sets_) return;
        net::TaskGroup stopping(loop_);
        stopping.spawn("stop", key_sets_->stop());
        EXPECT_TRUE(test::run_until_done(loop_, stopping));
    }
    void start(KeySets::Settings settings, std::vector<std::string> sources = {"a"}) {
        key_sets_ = std::make_unique<KeySets>(
            loop_, sweep_, settings,
            [this](const KeySource& which, net::Deadline) {
                trusted_ = which.trust;
                return fetch(which.id);
            },
            [this](KeySnapshotPtr now) { latest_ = std::move(now); });
        use(sources);
    }
    void use(const std::vector<std::string>& sources) {
        std::vector<KeySource> all;
        all.reserve(sources.size());
        for (const auto& id : sources) all.push_back(source(id));
        key_sets_->use(std::move(all));
    }
    net::Task<Result<FetchedKeys>> fetch(std::string id) {
        fetched_.push_back(id);
        const auto text = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
        if (text.empty()) co_return Error{Errc::unavailable, "nobody there"};
        co_return FetchedKeys{*certs::KeySet::from_json(text), text};
    }
    bool run_until_fetches(std::uint64_t count, const std::string& id = "a") {
        return test::run_until(loop_, [&] { return known(id).fetches >= count; });
    }
    const SourceKeys& known(const std::string& id = "a") const { return latest_->at(id); }

    net::Loop loop_;
    net::IdleSweep sweep_{loop_};
    std::deque<std::string> answers_{set_of("k1")};
    std::vector<std::string> fetched_;
    std::shared_ptr<const net::TlsContext> trusted_;  // in the last fetch
    KeySnapshotPtr latest_;
    std::unique_ptr<KeySets> key_sets_;
};

TEST_F(KeySetsTest, EachSourceIsFetchedAtOnce) {
    start({}, {"a", "b", "a"});
    EXPECT_EQ(known("a").fetches, 0u) << "published before the fetch, so that requests can wait";
    EXPECT_FALSE(known("a").keys);
    ASSERT_TRUE(run_until_fetches(1, "a"));
    ASSERT_TRUE(run_until_fetches(1, "b"));
    EXPECT_TRUE(known().keys->has_key_id("k1"));
    EXPECT_EQ(known().error, "");
    EXPECT_EQ(fetched_.size(), 2u);
}

TEST_F(KeySetsTest, TheLastKeysStayWhileFetchesFail) {
    answers_ = {set_of("k1"), ""};
    start({.interval = 1ms, .pause = 1ms});
    ASSERT_TRUE(run_until_fetches(3));
    EXPECT_TRUE(known().keys->has_key_id("k1"));
    EXPECT_EQ(known().changes, 1u);
    EXPECT_NE(known().error, "");
}

TEST_F(KeySetsTest, ButNotForEver) {
    answers_ = {set_of("k1"), ""};
    start({.interval = 1ms, .pause = 1ms, .stale_max = 1ms});
    ASSERT_TRUE(test::run_until(loop_, [&] { return known().changes == 2; }));
    EXPECT_FALSE(known().keys);
}

TEST_F(KeySetsTest, OnlyOtherKeysAreAChange) {
    answers_ = {set_of("k1"), set_of("k1"), set_of("k2")};
    start({.interval = 1ms, .pause = 1ms});
    ASSERT_TRUE(run_until_fetches(2));
    EXPECT_EQ(known().changes, 1u);
    ASSERT_TRUE(run_until_fetches(3));
    EXPECT_EQ(known().changes, 2u);
    EXPECT_TRUE(known().keys->has_key_id("k2"));
}

TEST_F(KeySetsTest, ARefreshComesAtOnceIfTheLastFetchIsLongAgo) {
    start({.pause = 0ms});
    ASSERT_TRUE(run_until_fetches(1));
    key_sets_->refresh("a");
    EXPECT_TRUE(run_until_fetches(2));
    key_sets_->refresh("unknown");
}

TEST_F(KeySetsTest, ASourceThatStaysIsFetchedUnderTheTrustOfToday) {
    start({.pause = 0ms});
    ASSERT_TRUE(run_until_fetches(1));
    EXPECT_EQ(trusted_, nullptr);
    auto again = source("a");
    const auto trust = net::TlsContext::back_end_client({});
    ASSERT_TRUE(trust);
    again.trust = *trust;
    key_sets_->use({again});
    EXPECT_TRUE(known().keys) << "it is the same source, and its keys stay";
    key_sets_->refresh("a");
    ASSERT_TRUE(run_until_fetches(2));
    EXPECT_EQ(trusted_, *trust);
}

TEST_F(KeySetsTest, NoRefreshComesWithinThePause) {
    start({});
    ASSERT_TRUE(run_until_fetches(1));
    EXPECT_GT(known().refreshable_at, net::Loop::now() + 30s);
    for (int i = 0; i < 100; ++i) key_sets_->refresh("a");
    test::settle(loop_);
    EXPECT_EQ(fetched_.size(), 1u);
}

TEST_F(KeySetsTest, WhatStaysIsKeptOverAChangeOfTheConfiguration) {
    start({}, {"a", "b"});
    ASSERT_TRUE(run_until_fetches(1, "a"));
    ASSERT_TRUE(run_until_fetches(1, "b"));
    use({"b", "c"});
    EXPECT_FALSE(latest_->contains("a"));
    EXPECT_TRUE(known("b").keys);
    ASSERT_TRUE(run_until_fetches(1, "c"));
    EXPECT_EQ(fetched_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(KeySetsTest, WhoWaitsIsToldOfTheEnd) {
    start({});
    ASSERT_TRUE(run_until_fetches(1));
    net::TaskGroup stopping(loop_);
    stopping.spawn("stop", key_sets_->stop());
    ASSERT_TRUE(test::run_until_done(loop_, stopping));
    EXPECT_EQ(known().fetches, 2u);
    EXPECT_EQ(known().refreshable_at, net::Deadline::max()) << "and nobody waits for the next";
    key_sets_.reset();
}

}  // namespace
}  // namespace sallyport::daemon
