#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

/// A connection serves one login, and the limits are for all of them together.
namespace sallyport::agent {
namespace {

/// One request as `login`, answered by the n-th connection.
bool ask(HttpWorld& world, const LoginPtr& login, std::size_t n) {
    world.caller.login = login;
    const auto before = world.connector.made.size() > n ? world.server(n).take() : std::string();
    world.client->say("GET / HTTP/1.1\r\nHost: e\r\n\r\n");
    if (!world.server_hears("\r\n\r\n", n)) return false;
    world.server(n).say(ok);
    const bool heard = world.client_hears("ok");
    world.client->take();
    return heard;
}

TEST(HttpLogin, AConnectionServesTheOneItWasMadeFor) {
    HttpWorld world;
    const auto jane = login_with({{"x-user", "jane"}});
    const auto john = login_with({{"x-user", "john"}});
    ASSERT_TRUE(ask(world, jane, 0));
    ASSERT_TRUE(ask(world, john, 1));
    ASSERT_TRUE(ask(world, nullptr, 2));
    ASSERT_TRUE(ask(world, jane, 0));
    ASSERT_TRUE(ask(world, nullptr, 2));
    ASSERT_TRUE(ask(world, john, 1));
    EXPECT_EQ(world.connector.logins, (std::vector<const Login*>{jane.get(), john.get(), nullptr}));
    EXPECT_TRUE(world.until([&] { return world.backend.idle_connections() == 3; }));
}

TEST(HttpLogin, AnEqualLoginIsAnotherOne) {
    HttpWorld world;
    ASSERT_TRUE(ask(world, login_with({{"x-user", "jane"}}), 0));
    ASSERT_TRUE(ask(world, login_with({{"x-user", "jane"}}), 1));
}

TEST(HttpLogin, TheLongestIdleConnectionGivesWayToAnotherLogin) {
    auto options = backend_options();
    options.connections = 2;
    HttpWorld world(options);
    const auto jane = login_with({});
    const auto john = login_with({});
    ASSERT_TRUE(ask(world, jane, 0));
    ASSERT_TRUE(ask(world, john, 1));
    ASSERT_TRUE(ask(world, nullptr, 2));
    EXPECT_TRUE(world.until([&] { return world.backend.idle_connections() == 2; }));
    EXPECT_EQ(world.backend.open_connections(), 2u);
    ASSERT_TRUE(ask(world, john, 1));  // is still there
    ASSERT_TRUE(ask(world, jane, 3));  // was the oldest
}

TEST(HttpLogin, WhoWaitsForAPlaceGetsAConnectionOfItsOwn) {
    auto options = backend_options();
    options.connections = 1;
    HttpWorld world(options);
    const auto jane = login_with({});
    const auto john = login_with({});
    world.caller.login = jane;
    world.client->say("GET /1 HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.server_hears("GET /1"));
    auto& second = world.add_client();
    world.caller.login = john;
    second.say("GET /2 HTTP/1.1\r\nHost: e\r\n\r\n");
    ASSERT_TRUE(world.until([&] { return world.backend.waiting_exchanges() == 1; }));
    world.server().say(ok);
    ASSERT_TRUE(world.server_hears("GET /2", 1));
    EXPECT_EQ(world.connector.logins.back(), john.get());
    EXPECT_EQ(world.server().heard().find("GET /2"), std::string::npos);
    world.server(1).say(ok);
    EXPECT_TRUE(world.until([&] { return second.hears("ok"); }));
}

TEST(HttpLogin, OneThatTheAgentNegotiatesIsNeverUsedAgain) {
    HttpWorld world;
    const auto jane = login_with({{"authorization", "Negotiate YII="}});
    ASSERT_TRUE(ask(world, jane, 0));
    ASSERT_TRUE(ask(world, jane, 1));
    EXPECT_TRUE(world.until([&] { return world.backend.open_connections() == 0; }));
}

TEST(HttpLogin, ManyUsersLeaveNothingBehind) {
    auto options = backend_options();
    options.connections = 4;
    HttpWorld world(options);
    for (std::size_t i = 0; i < 50; ++i) ASSERT_TRUE(ask(world, login_with({}), i));
    EXPECT_LE(world.backend.open_connections(), 4u);
    world.backend.close_idle();
    EXPECT_EQ(world.backend.open_connections(), 0u);
}

}  // namespace
}  // namespace sallyport::agent
