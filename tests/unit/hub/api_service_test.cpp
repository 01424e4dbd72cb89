#include "hub/api_service.hpp"

#include "base/error.hpp"
#include "certs/secret_hash.hpp"
#include "hub/authorities.hpp"
#include "hub_fixture.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

namespace sallyport::hub {
namespace {

using namespace std::chrono_literals;

const certs::Authority& authority() {
    static const auto made = *certs::Authority::create("hub CA", std::chrono::system_clock::now());
    return made;
}

class ApiTest : public testing::Test {
protected:
    void ask(const std::string& target, const std::string& secret) {
        tasks_.spawn("ask", run(target, secret));
    }
    std::size_t count(int status) const {
        return static_cast<std::size_t>(std::ranges::count(statuses_, status));
    }

    net::Loop loop_;
    test::TemporaryFolder folder_;
    Store store_ = *Store::create(folder_.path() / "hub.db");
    net::BlockingPool pool_{1};
    std::shared_ptr<const Accounts> accounts_ =
        Accounts::from({.tenants = {{"t-acme", "acme", "acme", true}},
                        .clients = {{.id = "sb-app",
                                     .tenant_id = "t-acme",
                                     .secret_hash = certs::hash_secret("right")}},
                        .agents = {},
                        .revoked_serials = {}},
                       1);
    Api api_{
        loop_, pool_,
        TokenEndpoint(AccessTokenIssuer(hub_key(), "https://hub.test/oauth/token"), {"hub.test"}),
        EstServer(store_,
                  std::make_shared<const Current<Authorities>>(
                      std::make_shared<const Authorities>(Authorities{.current = authority()})),
                  {.hub_name = "hub.test"}),
        accounts_};
    net::TaskGroup tasks_{loop_};
    std::vector<int> statuses_;
    std::string retry_after_;

private:
    net::Task<void> run(std::string target, std::string secret) {
        const std::vector<http::Field> fields{
            {"content-type", "application/x-www-form-urlencoded"}};
        http::RequestHead head;
        head.method = target == "/token_keys" ? "GET" : "POST";
        head.authority = "hub.test";
        head.target = target;
        head.fields = fields;
        const http::SimpleRequest request{
            head, "grant_type=client_credentials&client_id=sb-app&client_secret=" + secret};
        const auto response = co_await api_.answer(request, std::nullopt, "test");
        statuses_.push_back(response.status);
        for (const auto& [name, value] : response.fields)
            if (name == "retry-after") retry_after_ = value;
    }
};

TEST_F(ApiTest, AFloodOfWrongSecretsIsRefusedBeyondItsOwnBound) {
    constexpr auto bound = Api::token_threads + Api::tokens_waiting_max;
    constexpr std::size_t beyond = 5;
    for (std::size_t i = 0; i < bound + beyond; ++i) ask("/oauth/token", "wrong");
    ask("/token_keys", "");
    ASSERT_TRUE(test::run_until_done(loop_, tasks_));
    EXPECT_EQ(count(401), bound);
    EXPECT_EQ(count(503), beyond);
    EXPECT_EQ(count(200), 1U) << "the key set costs nothing and is always given";
    EXPECT_EQ(retry_after_, "1");
    test::settle(loop_);
    ask("/oauth/token", "right");
    ASSERT_TRUE(test::run_until_done(loop_, tasks_));
    EXPECT_EQ(statuses_.back(), 200) << "places are given back";
}

TEST_F(ApiTest, TokensAndTheStoreDoNotWaitForEachOther) {
    std::promise<void> store_is_done;
    const auto done = store_is_done.get_future().share();
    ASSERT_TRUE(pool_.submit([done] { done.wait(); }));
    ask("/oauth/token", "right");
    EXPECT_TRUE(test::run_until_done(loop_, tasks_));
    EXPECT_EQ(count(200), 1U);
    store_is_done.set_value();
}

}  // namespace
}  // namespace sallyport::hub
