#include "hub/meter.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

void count_one(Meter& meter, std::string_view tenant, std::string_view outcome) {
    meter.begins();
    meter.ended({.tenant = tenant, .outcome = outcome, .status = 200, .request_bytes = 1});
}

TEST(HubMeter, CountsByTenantAndOutcome) {
    Meter meter;
    count_one(meter, "a", "exchange.answered");
    count_one(meter, "a", "exchange.answered");
    count_one(meter, "b", "exchange.refused");
    count_one(meter, "a", "exchange.aborted");
    count_one(meter, "", "exchange.refused");
    meter.begins();
    const auto& counts = meter.counts();
    EXPECT_EQ(counts.tenants.at("a").ended, (std::array<std::uint64_t, 4>{2, 0, 0, 1}));
    EXPECT_EQ(counts.tenants.at("b").ended, (std::array<std::uint64_t, 4>{0, 1, 0, 0}));
    EXPECT_EQ(counts.unknown.ended, (std::array<std::uint64_t, 4>{0, 1, 0, 0}));
    EXPECT_EQ(counts.answers, (std::array<std::uint64_t, 5>{0, 5, 0, 0, 0}));
    EXPECT_EQ(counts.running, 1U);
}

TEST(HubMeter, MoreTenantsThanAreToldApartAreCountedTogether) {
    Meter meter;
    for (std::size_t i = 0; i < Meter::counted_tenants_max + 5; ++i)
        count_one(meter, "tenant-" + std::to_string(i), "exchange.answered");
    EXPECT_EQ(meter.counts().tenants.size(), Meter::counted_tenants_max);
    EXPECT_EQ(meter.counts().others.ended[0], 5U);
    Counts all;
    all.add(meter.counts());
    all.add(meter.counts());
    EXPECT_EQ(all.others.ended[0], 10U);
    EXPECT_EQ(all.tenants.at("tenant-0").ended[0], 2U);
}

TEST(HubMeter, AStreamHasNoTime) {
    Meter meter;
    meter.begins();
    meter.ended({.tenant = "a",
                 .outcome = "exchange.answered",
                 .status = 200,
                 .whole = std::chrono::hours(1),
                 .lasts = true});
    EXPECT_EQ(meter.counts().whole.sum().count(), 0);
}

}  // namespace
}  // namespace sallyport::hub
