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

}  // namespace
}  // namespace sallyport::agent
