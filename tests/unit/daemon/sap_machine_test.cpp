#include "daemon/sap_machine.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace sallyport::daemon::sap {
namespace {

TEST(SapMachine, MemoryAndDiskAreWholeUnitsThatAddUp) {
    const Memory machine{.total = 10'240'000, .ours = 1'024'000, .free = 2'048'000};
    const auto told = memory(machine, std::nullopt, {.total = 4096, .ours = 1024, .free = 3072});
    EXPECT_EQ(boost::json::serialize(told),
              R"({"physicalKB":{"total":10000,"CloudConnector":1000,"others":7000,"free":2000},)"
              R"("version":1,"cloudConnectorHeapKB":{"total":4,"used":1,"free":3}})");
    EXPECT_EQ(disk({.total = 1, .ours = 5, .free = 9}).at("others"), 0);
}

TEST(SapMachine, ABudgetIsNeverUsedBeyondItsEnd) {
    EXPECT_EQ(budget(3, 10).free, 7U);
    EXPECT_EQ(budget(11, 10).ours, 10U);
    EXPECT_EQ(budget(11, 10).free, 0U);
}

TEST(SapMachine, ProcessorsAreToldInPercentAndAlertsAreNone) {
    EXPECT_EQ(boost::json::serialize(cpu(40, 3)), R"({"total":40,"CloudConnector":3,"version":1})");
    EXPECT_EQ(boost::json::serialize(alerts()), R"({"alerts":[],"version":1})");
}

}  // namespace
}  // namespace sallyport::daemon::sap
