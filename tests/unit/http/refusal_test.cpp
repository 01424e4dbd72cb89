#include "http/refusal.hpp"

#include "tests/unit/http/server_world.hpp"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

TEST(Refusal, IsWholeAndTellsWhoRefused) {
    Script script = [](const RequestHead&, Body&, Answer& down) -> net::Task<Result<void>> {
        const Refusal refusal{407, "token_expired", "Say \"please\" \\ renew: \xc3\xa4\n",
                              "http_request_denied", std::chrono::seconds(7)};
        answer(down, refusal, "sallyport-agent", "01EXCHANGE");
        co_return Result<void>();
    };
    ServerWorld world(script);
    world.client->say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("}}"));
    for (const auto* text :
         {"HTTP/1.1 407 Proxy Authentication Required\r\n", "content-type: application/json\r\n",
          "proxy-status: sallyport-agent; error=http_request_denied; "
          "details=\"Say \\\"please\\\" \\\\ renew: ???\"\r\n",
          "x-sallyport-exchange: 01EXCHANGE\r\n", "proxy-authenticate: Bearer\r\n",
          "retry-after: 7\r\n",
          "{\"error\":{\"code\":\"token_expired\","
          "\"message\":\"Say \\\"please\\\" \\\\ renew: \xc3\xa4\\n\","
          "\"exchange\":\"01EXCHANGE\"}}"})
        EXPECT_TRUE(world.client->hears(text)) << text;
    world.client->take();
    world.client->say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(world.until_heard("\r\n\r\n"));
    EXPECT_TRUE(world.client->heard().ends_with("\r\n\r\n"));
    EXPECT_FALSE(world.client->over());
}

TEST(Refusal, EveryErrorOfAServiceHasAStatus) {
    const std::pair<Errc, int> statuses[] = {{Errc::malformed, 400},    {Errc::denied, 403},
                                             {Errc::unauthorized, 407}, {Errc::limit, 503},
                                             {Errc::unavailable, 502},  {Errc::timed_out, 504},
                                             {Errc::cut, 502},          {Errc::untrusted, 502},
                                             {Errc::protocol, 502},     {Errc::failed, 500}};
    for (const auto& [code, status] : statuses) {
        const auto refusal = refusal_for({code, "secret.internal"});
        EXPECT_EQ(refusal.status, status);
        EXPECT_EQ(to_json(refusal).find("secret"), std::string::npos);
    }
    const Error system{{ECONNREFUSED, boost::system::system_category()}, {}};
    EXPECT_EQ(refusal_for(system).status, 502);
}

TEST(JsonString, EscapesAndReplacesWhatIsNotUtf8) {
    EXPECT_EQ(to_json_string("a\"\\\n\r\t\x01\x1f"), "\"a\\\"\\\\\\n\\r\\t\\u0001\\u001f\"");
    EXPECT_EQ(to_json_string("\xf0\x9f\x9a\xaa \xe2\x82\xac"), "\"\xf0\x9f\x9a\xaa \xe2\x82\xac\"");
    for (const std::string_view bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
        EXPECT_EQ(to_json_string(bad).find("\xef\xbf\xbd"), 1U);
    EXPECT_EQ(to_json_string("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace sallyport::http
