#include "hub/held_requests.hpp"

#include "http/wire_input.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

http::RequestHead with_body(http::BodySize body) {
    http::RequestHead head;
    head.method = "POST";
    head.authority = "erp.virtual:44300";
    head.target = "/";
    head.body = body;
    return head;
}

TEST(HeldRequests, AreCountedWhileTheyWait) {
    HeldRequests held({.requests_max = 1});
    {
        HeldRequests::Place first(held);
        EXPECT_TRUE(first.take(with_body({})));
        EXPECT_TRUE(first.take(with_body({}))) << "it has its place already";
        EXPECT_EQ(held.requests(), 1);
        HeldRequests::Place second(held);
        EXPECT_FALSE(second.take(with_body({})));
    }
    EXPECT_EQ(held.requests(), 0);
    EXPECT_EQ(held.bytes(), 0);
    HeldRequests::Place next(held);
    EXPECT_TRUE(next.take(with_body({})));
}

TEST(HeldRequests, CountsWhatABodyMayFillOfItsConnectionsBuffer) {
    constexpr auto capacity = http::WireInput::capacity;
    HeldRequests held({.requests_max = 256, .bytes_max = 2 * capacity});
    HeldRequests::Place chunked(held);
    ASSERT_TRUE(chunked.take(with_body(http::BodySize::until_end())));
    EXPECT_EQ(held.bytes(), capacity);
    HeldRequests::Place large(held);
    ASSERT_TRUE(large.take(with_body(http::BodySize::exactly(1'000'000'000))));
    EXPECT_EQ(held.bytes(), 2 * capacity);
    HeldRequests::Place small(held);
    EXPECT_FALSE(small.take(with_body({})));
}

TEST(HeldRequests, SmallOnesAreLimitedByNumberOnly) {
    EXPECT_GE(HeldRequests::held_bytes_max / http::WireInput::capacity, 128U);
    HeldRequests held({.requests_max = 2, .bytes_max = http::WireInput::capacity});
    HeldRequests::Place first(held);
    HeldRequests::Place second(held);
    EXPECT_TRUE(first.take(with_body(http::BodySize::exactly(10))));
    EXPECT_TRUE(second.take(with_body(http::BodySize::exactly(10))));
}

}  // namespace
}  // namespace sallyport::hub
