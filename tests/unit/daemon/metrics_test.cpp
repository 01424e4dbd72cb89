#include "daemon/metrics.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;

TEST(Histogram, CountsUpToAndWithEachBound) {
    LongTimes times;
    for (const auto took : {0us, 1000us, 1001us, 60'000'000us, 61'000'000us}) times.add(took);
    EXPECT_EQ(times.counts().front(), 2U);
    EXPECT_EQ(times.counts()[1], 1U);
    EXPECT_EQ(times.counts()[LongTimes::bounds_count - 1], 1U);
    EXPECT_EQ(times.counts().back(), 1U);
    EXPECT_EQ(times.sum(), 121'002'001us);
    LongTimes twice = times;
    twice.add(times);
    EXPECT_EQ(twice.counts().front(), 4U);
    EXPECT_EQ(twice.sum(), 2 * times.sum());
}

TEST(Metrics, AreToldInTheFormatOfPrometheus) {
    Metrics metrics;
    metrics.counter("asked_total", "Questions.")
        .add({{"who", "a \"b\"\n\\"}}, 3)
        .add({{"who", "c"}}, std::uint64_t{1} << 40U);
    metrics.gauge("up_seconds", "Time.").add({}, 1500ms);
    metrics.gauge("none", "Nothing now.");
    EXPECT_EQ(metrics.text(),
              "# HELP asked_total Questions.\n# TYPE asked_total counter\n"
              "asked_total{who=\"a \\\"b\\\"\\n\\\\\"} 3\nasked_total{who=\"c\"} 1099511627776\n"
              "# HELP up_seconds Time.\n# TYPE up_seconds gauge\nup_seconds 1.5\n"
              "# HELP none Nothing now.\n# TYPE none gauge\n");
}

TEST(Metrics, AHistogramHasCumulativeBucketsASumAndACount) {
    ShortTimes times;
    times.add(10us);
    times.add(20us);
    times.add(3s);
    Metrics metrics;
    metrics.histogram("took_seconds", "Time.").add({{"mapping", "erp:443"}}, times);
    const auto text = metrics.text();
    for (const auto* line : {"# TYPE took_seconds histogram\n",
                             "took_seconds_bucket{mapping=\"erp:443\",le=\"2\"} 2\n",
                             "took_seconds_bucket{mapping=\"erp:443\",le=\"+Inf\"} 3\n",
                             "took_seconds_count{mapping=\"erp:443\"} 3\n",
                             "took_seconds_sum{mapping=\"erp:443\"} 3.00003"})
        EXPECT_NE(text.find(line), text.npos) << line << text;
}

}  // namespace
}  // namespace sallyport::daemon
