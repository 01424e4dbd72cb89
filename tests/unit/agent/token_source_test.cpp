#include "agent/token_source.hpp"

#include "tests/support/waiting_answer.hpp"
#include "tests/unit/agent/http_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view file =
    "token_url = \"https://login.corp/oauth/token?tenant=1\"\nclient_id = \"agent:1\"\n"
    "client_secret = \"s/ä\"\nscope = \"erp read\"";

TechnicalCredentialsPtr credentials() { return TechnicalCredentials::parse(file, "x").value(); }

std::string said(int status, std::string_view body) {
    const auto token =
        read_token_answer({.status = status, .fields = {}, .body = std::string(body)});
    if (!token) return "! " + token.error().detail;
    return std::string(token->token.reveal()) + " " + std::to_string(token->lifetime.count());
}

TEST(TokenRequest, IsClientCredentialsWithBasic) {
    const auto request = token_request(*credentials()->token_order);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/oauth/token?tenant=1");
    EXPECT_EQ(request.host, "login.corp:443");
    // RFC 6749 section 2.3.1: both are form-encoded first: "agent%3A1:s%2F%C3%A4".
    EXPECT_EQ(request.fields.at(0).second, "Basic YWdlbnQlM0ExOnMlMkYlQzMlQTQ=");
    EXPECT_EQ(request.body, "grant_type=client_credentials&scope=erp%20read");
}

TEST(TokenAnswer, IsReadStrictlyAndNeverRepeated) {
    EXPECT_EQ(said(200, R"({"access_token":"t","token_type":"bearer","expires_in":60})"), "t 60");
    EXPECT_EQ(said(200, R"({"access_token":"t","token_type":"Bearer","expires_in":"60"})"), "t 60");
    EXPECT_EQ(said(200, R"({"access_token":"t","token_type":"Bearer"})"), "t 300");
    EXPECT_EQ(said(200, R"({"access_token":"t","token_type":"Bearer","expires_in":999999999})"),
              "t 86400");
    EXPECT_EQ(said(401, R"({"error":"invalid_client"})"),
              "! the token server answered 401: invalid_client");
    EXPECT_EQ(said(500, R"({"error":"<b>no</b>"})"), "! the token server answered 500");
    for (const std::string_view body :
         {"", "{}", R"({"access_token":"t"})", R"({"access_token":"t","token_type":"mac"})",
          R"({"access_token":"","token_type":"bearer"})",
          R"({"access_token":"a b","token_type":"bearer"})",
          R"({"access_token":"a\r\nx: y","token_type":"bearer"})",
          R"({"access_token":"secret","token_type":"bearer","expires_in":-1})",
          R"({"access_token":"secret","token_type":"bearer","expires_in":"soon"})"}) {
        EXPECT_EQ(said(200, body).substr(0, 2), "! ") << body;
        EXPECT_THAT(said(200, body), ::testing::Not(HasSubstr("secret")));
    }
}

/// An exchange that wants the login.
struct Wanting final : test::WaitingAnswer {
    using WaitingAnswer::WaitingAnswer;
    std::optional<Result<LoginPtr>> login;
};

struct TokenWorld {
    explicit TokenWorld(std::chrono::milliseconds wait = TokenSource::pause) {
        auto made = std::make_unique<FakeConnector>(loop, test::WireOptions{});
        server = made.get();
        source = std::make_unique<TokenSource>(loop, std::move(made), credentials(), wait);
    }
    ~TokenWorld() {
        group.cancel();
        test::run_until_done(loop, group);
    }
    Wanting& want() {
        auto& one = *all.emplace_back(std::make_unique<Wanting>(loop));
        group.spawn("want", run(one));
        return one;
    }
    net::Task<void> run(Wanting& one) { one.login = co_await source->login(one); }
    bool until(const std::function<bool()>& condition) {
        return test::run_until(loop, condition, 5s);
    }
    bool answer(std::size_t n, std::string_view body, std::string_view status = "200 OK") {
        if (!until([&] { return server->made.size() > n && server->made[n]->hears("scope="); }))
            return false;
        server->made[n]->say("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
        return true;
    }
    static std::string field(const Wanting& one) {
        if (!one.login || !*one.login) return "!";
        return std::string((**one.login)->fields.at(0).value.reveal());
    }

    net::Loop loop;
    FakeConnector* server = nullptr;
    std::unique_ptr<TokenSource> source;
    std::vector<std::unique_ptr<Wanting>> all;
    net::TaskGroup group{loop};
};

constexpr std::string_view first = R"({"access_token":"t1","token_type":"bearer"})";
constexpr std::string_view second = R"({"access_token":"t2","token_type":"bearer"})";

TEST(TokenSource, ManyWhoWaitCostOneFetch) {
    TokenWorld world;
    auto& one = world.want();
    auto& two = world.want();
    auto& three = world.want();
    ASSERT_TRUE(world.answer(0, first));
    ASSERT_TRUE(world.until([&] { return one.login && two.login && three.login; }));
    EXPECT_EQ(TokenWorld::field(one), "Bearer t1");
    EXPECT_EQ(**two.login, **three.login);
    EXPECT_EQ(world.server->made.size(), 1u);
    EXPECT_EQ(world.source->at_hand(), **one.login);
    EXPECT_TRUE((**one.login)->drops_authorization);
}

TEST(TokenSource, AFailureIsEverybodysAndNotRepeatedAtOnce) {
    TokenWorld world;
    auto& one = world.want();
    auto& two = world.want();
    ASSERT_TRUE(world.answer(0, "{}", "503 No"));
    ASSERT_TRUE(world.until([&] { return one.login && two.login; }));
    EXPECT_FALSE(*one.login);
    EXPECT_FALSE(*two.login);
    auto& three = world.want();
    ASSERT_TRUE(world.until([&] { return three.login.has_value(); }));
    EXPECT_FALSE(*three.login);
    EXPECT_EQ(world.server->made.size(), 1u);
}

TEST(TokenSource, WhoGoesAwayWhileItWaitsDisturbsNobody) {
    TokenWorld world;
    auto& one = world.want();
    auto& two = world.want();
    ASSERT_TRUE(world.until([&] { return world.server->made.size() == 1; }));
    two.gone = true;
    two.told.set();
    ASSERT_TRUE(world.until([&] { return two.login.has_value(); }));
    EXPECT_EQ(two.login->error().code, Errc::aborted);
    ASSERT_TRUE(world.answer(0, first));
    ASSERT_TRUE(world.until([&] { return one.login.has_value(); }));
    EXPECT_EQ(TokenWorld::field(one), "Bearer t1");
}

TEST(TokenSource, ATokenNearItsEndIsNotUsed) {
    TokenWorld world;
    auto& one = world.want();
    ASSERT_TRUE(world.answer(0, R"({"access_token":"t1","token_type":"bearer","expires_in":1})"));
    ASSERT_TRUE(world.until([&] { return one.login.has_value(); }));
    ASSERT_TRUE(world.until([&] { return world.source->at_hand() == nullptr; }));
    auto& two = world.want();
    ASSERT_TRUE(world.answer(1, second));
    ASSERT_TRUE(world.until([&] { return two.login.has_value(); }));
    EXPECT_EQ(TokenWorld::field(two), "Bearer t2");
    EXPECT_NE(**one.login, **two.login);
}

TEST(TokenSource, AFreshTokenThatIsRefusedIsKeptForTheBackEndIsToBlame) {
    TokenWorld world;
    auto& one = world.want();
    ASSERT_TRUE(world.answer(0, first));
    ASSERT_TRUE(world.until([&] { return one.login.has_value(); }));
    world.source->refused((**one.login).get());
    EXPECT_NE(world.source->at_hand(), nullptr);
}

TEST(TokenSource, ATokenThatTheBackEndRefusesIsReplacedOnceByAFreshOne) {
    TokenWorld world(0ms);
    auto& one = world.want();
    ASSERT_TRUE(world.answer(0, first));
    ASSERT_TRUE(world.until([&] { return one.login.has_value(); }));
    const auto old = **one.login;
    world.source->refused(old.get());
    EXPECT_EQ(world.source->at_hand(), nullptr);
    auto& two = world.want();
    auto& three = world.want();
    ASSERT_TRUE(world.answer(1, second));
    ASSERT_TRUE(world.until([&] { return two.login && three.login; }));
    EXPECT_EQ(TokenWorld::field(two), "Bearer t2");
    EXPECT_EQ(**two.login, **three.login);
    // An exchange that began with the old one is told late: that says nothing about the new one.
    world.source->refused(old.get());
    EXPECT_EQ(world.source->at_hand(), **two.login);
    EXPECT_EQ(world.server->made.size(), 2u);
}

TEST(TokenSource, AServerThatGivesNoFreshTokenIsToldAndAskedAgainLater) {
    TokenWorld world(0ms);
    auto& one = world.want();
    ASSERT_TRUE(world.answer(0, first));
    ASSERT_TRUE(world.until([&] { return one.login.has_value(); }));
    world.source->refused((**one.login).get());
    auto& two = world.want();
    ASSERT_TRUE(world.answer(1, R"({"error":"invalid_client"})", "401 No"));
    ASSERT_TRUE(world.until([&] { return two.login.has_value(); }));
    EXPECT_EQ(two.login->error().code, Errc::unauthorized);
    auto& three = world.want();
    ASSERT_TRUE(world.answer(2, second));
    ASSERT_TRUE(world.until([&] { return three.login.has_value(); }));
    EXPECT_EQ(TokenWorld::field(three), "Bearer t2");
}

}  // namespace
}  // namespace sallyport::agent
