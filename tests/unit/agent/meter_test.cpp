#include "agent/meter.hpp"

#include "agent/config.hpp"
#include "mappings/config.hpp"
#include "mappings/table.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

mappings::Table exposing(const std::vector<std::string>& hosts) {
    std::string text = "[[hub]]\nurl = \"https://hub.test\"\n";
    for (const auto& host : hosts)
        text.append("[[mapping]]\nvirtual = \"")
            .append(host)
            .append("\"\ninternal = \"http://127.0.0.1:1\"\n");
    auto config = Config::parse({{"agent.toml", text}});
    EXPECT_TRUE(config);
    return *mappings::Table::create(config->mappings);
}

TEST(Meter, WhatWasCountedStaysAsLongAsItsMappingWhereverItStands) {
    Meter meter;
    const auto first = exposing({"a.test:80", "b.test:80"});
    meter.use(first);
    meter.of(first.find("a.test:80")).ended[0] = 1;
    meter.of(first.find("b.test:80")).ended[0] = 2;
    meter.of(nullptr).ended[1] = 3;
    const auto second = exposing({"c.test:80", "b.test:80"});
    meter.use(second);
    auto counts = meter.counts({});
    ASSERT_EQ(counts.mappings.size(), 2U);
    EXPECT_EQ(counts.mappings[0].first, "c.test:80");
    EXPECT_EQ(counts.mappings[0].second.ended[0], 0U);
    EXPECT_EQ(counts.mappings[1].second.ended[0], 2U);
    EXPECT_EQ(counts.none.ended[1], 3U);
    meter.use(first);
    EXPECT_EQ(meter.counts({}).mappings[0].second.ended[0], 0U) << "it had gone";
}

TEST(Meter, CountsOfAMappingThatHasGoneAreThereWhileItsExchangesRun) {
    Meter meter;
    const auto first = exposing({"a.test:80"});
    const auto second = exposing({"b.test:80"});
    meter.use(first);
    auto& counts = meter.of(first.find("a.test:80"));
    ++counts.running;
    meter.use(second);
    ++counts.ended[0];
    --counts.running;
    meter.use(first);
    EXPECT_EQ(meter.counts({}).mappings[0].second.ended[0], 1U);
}

TEST(Meter, WorkersAreAddedUpByTheNameOfTheMapping) {
    Meter one;
    Meter other;
    const auto table = exposing({"a.test:80", "b.test:80"});
    const auto shorter = exposing({"b.test:80"});
    one.use(table);
    other.use(shorter);
    one.of(table.find("b.test:80")).request_bytes = 1;
    other.of(shorter.find("b.test:80")).request_bytes = 10;
    auto all = one.counts({});
    all.add(other.counts({}));
    ASSERT_EQ(all.mappings.size(), 2U);
    EXPECT_EQ(all.mappings[1].second.request_bytes, 11U);
}

mappings::Table with_rules(const std::vector<std::string>& paths) {
    std::string text =
        "[[hub]]\nurl = \"https://hub.test\"\n[[mapping]]\nvirtual = \"a.test:80\"\n"
        "internal = \"http://127.0.0.1:1\"\n";
    for (const auto& path : paths)
        text.append("[[mapping.rule]]\npath = \"").append(path).append("\"\n");
    auto config = Config::parse({{"agent.toml", text}});
    EXPECT_TRUE(config);
    return *mappings::Table::create(config->mappings);
}

std::vector<std::pair<std::string, std::uint64_t>> calls_of(const Counts& counts) {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& [name, rule] : counts.rules) all.emplace_back(name->path, rule.calls);
    return all;
}

TEST(Meter, RulesAreCountedByTheirPathWhereverTheyStand) {
    using Calls = std::vector<std::pair<std::string, std::uint64_t>>;
    Meter meter;
    const auto first = with_rules({"/a", "/b", "/a"});
    meter.use(first);
    const auto* mapping = first.find("a.test:80");
    EXPECT_EQ(meter.of(mapping, 0), nullptr) << "a stream has none";
    EXPECT_EQ(meter.of(nullptr, 1), nullptr);
    EXPECT_EQ(meter.of(mapping, 1), meter.of(mapping, 3));
    meter.of(mapping, 1)->calls = 1;
    meter.of(mapping, 2)->calls = 2;
    EXPECT_EQ(calls_of(meter.counts({})), (Calls{{"/a", 1}, {"/b", 2}}));
    const auto second = with_rules({"/c", "/b"});
    meter.use(second);
    EXPECT_EQ(calls_of(meter.counts({})), (Calls{{"/c", 0}, {"/b", 2}}));
    meter.use(first);
    EXPECT_EQ(calls_of(meter.counts({})), (Calls{{"/a", 0}, {"/b", 2}})) << "it had gone";
}

TEST(Meter, ARuleThatHasGoneIsThereWhileItsExchangesRun) {
    Meter meter;
    const auto first = with_rules({"/a"});
    const auto second = with_rules({"/b"});
    meter.use(first);
    auto* counts = meter.of(first.find("a.test:80"), 1);
    ++counts->running;
    meter.use(second);
    ++counts->calls;
    --counts->running;
    meter.use(first);
    EXPECT_EQ(meter.counts({}).rules.at(0).second.calls, 1U);
}

TEST(Meter, RulesOfAllWorkersAreAddedUpAndTheLastAccessIsTheLatest) {
    using Time = std::chrono::steady_clock::time_point;
    Meter one;
    Meter other;
    const auto table = with_rules({"/a", "/b"});
    const auto shorter = with_rules({"/b"});
    one.use(table);
    other.use(shorter);
    one.of(table.find("a.test:80"), 2)->accessed = Time(std::chrono::seconds(5));
    other.of(shorter.find("a.test:80"), 1)->accessed = Time(std::chrono::seconds(9));
    other.of(shorter.find("a.test:80"), 1)->calls = 1;
    Counts all;
    all.add(one.counts({}));
    all.add(other.counts({}));
    ASSERT_EQ(all.rules.size(), 2U);
    EXPECT_EQ(all.rules[1].second.calls, 1U);
    EXPECT_EQ(all.rules[1].second.accessed, Time(std::chrono::seconds(9)));
}

}  // namespace
}  // namespace sallyport::agent
