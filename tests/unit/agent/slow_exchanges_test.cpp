#include "agent/slow_exchanges.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

void end_one(SlowExchanges& slow, std::chrono::milliseconds took, SlowExchanges::Time now,
             std::string_view path = "/x") {
    const ExchangeTimes times{.whole = took};
    const auto id = std::to_string(took.count());
    slow.add({.exchange = id,
              .virtual_host = "erp:443",
              .method = "GET",
              .path = path,
              .outcome = "answered",
              .status = 200,
              .request_bytes = 1,
              .response_bytes = 2,
              .times = times},
             now);
}

TEST(SlowExchanges, KeepsTheSlowestAndTellsThemInOrder) {
    SlowExchanges slow;
    const SlowExchanges::Time now{1h};
    for (int i = 0; i < 100; ++i) end_one(slow, std::chrono::milliseconds((i * 37) % 100), now);
    const auto list = slow.list(now);
    ASSERT_EQ(list.size(), SlowExchanges::slow_exchanges_max);
    for (std::size_t i = 0; i < list.size(); ++i)
        EXPECT_EQ(list[i].exchange, std::to_string(99 - i));
}

TEST(SlowExchanges, ForgetsWhatIsOldAndTakesWhatWasTooFastForItBefore) {
    SlowExchanges slow;
    const SlowExchanges::Time start{1h};
    for (int i = 0; i < 20; ++i) end_one(slow, 10s, start);
    end_one(slow, 1s, start + 4min);
    EXPECT_EQ(slow.list(start + 4min).front().exchange, "10000");
    EXPECT_TRUE(slow.list(start + 5min).empty()) << "though nothing came since";
    end_one(slow, 1s, start + 5min);
    ASSERT_EQ(slow.list(start + 5min).size(), 1U);
    EXPECT_EQ(slow.list(start + 5min).front().exchange, "1000");
}

TEST(SlowExchanges, KeepsAPathWithoutItsQueryAndCut) {
    SlowExchanges slow;
    const SlowExchanges::Time now{1h};
    end_one(slow, 1s, now, "/orders?user=jane");
    end_one(slow, 2s, now, "/" + std::string(1000, 'x'));
    const auto list = slow.list(now);
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].path.size(), SlowExchanges::slow_path_bytes_max);
    EXPECT_EQ(list[1].path, "/orders");
}

}  // namespace
}  // namespace sallyport::agent
