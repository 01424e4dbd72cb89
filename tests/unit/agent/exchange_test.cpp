#include "agent/exchange.hpp"

#include "agent/backends.hpp"
#include "agent/deliveries.hpp"
#include "net/blocking_pool.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

constexpr std::string_view configuration = R"(
[[hub]]
name = "prod"
url = "https://hub.test"
[[mapping]]
virtual = "erp.virtual:80"
internal = "http://127.0.0.1:1"
[[mapping.rule]]
path = "/"
match = "subpaths"
methods = ["GET", "POST"]
)";

/// A caller with a request of the test's making, without a body.
struct Asking final : http::Body, http::Answer {
    explicit Asking(net::Loop& loop) : told(loop.turn) {}
    BytesView peek() override { return {}; }
    void consume(std::size_t) override {}
    State state() const override { return State::ended; }
    net::Event& event() override { return told; }
    bool aborted() const override { return false; }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead& head) override { status = head.status; }
    bool started() const override { return status != 0; }
    std::size_t write(BytesView bytes) override {
        text += as_text(bytes);
        return bytes.size();
    }
    void finish(http::Fields) override {}
    void abort(const Error&) override {}
    net::Event told;
    int status = 0;
    std::string text;
};

struct ExchangeWorld {
    ExchangeWorld() {
        auto config = Config::parse({{"agent.toml", std::string(configuration)}});
        EXPECT_TRUE(config);
        auto made = std::make_shared<Site>();
        made->config = std::move(*config);
        made->table = *mappings::Table::create(made->config.mappings);
        auto opened = audit::Log::open({.folder = folder.path() / "audit"});
        EXPECT_TRUE(opened);
        log = std::move(*opened);
        gate = std::make_unique<AuditGate>(loop, *log);
        exchange =
            std::make_unique<Exchange>("prod", "", *gate, principals, deliveries, backends, made);
    }
    int status_of(std::string_view method, http::Fields fields) {
        Asking asking(loop);
        http::RequestHead head;
        head.method = method;
        head.authority = "erp.virtual:80";
        head.target = "/x";
        head.fields = fields;
        net::TaskGroup group(loop);
        group.spawn("exchange", serve(head, asking));
        EXPECT_TRUE(test::run_until_done(loop, group));
        return asking.status;
    }
    net::Task<void> serve(const http::RequestHead& head, Asking& asking) {
        (void)co_await exchange->serve(head, asking, asking);
    }

    test::TemporaryFolder folder;
    net::Loop loop;
    net::IdleSweep sweep{loop};
    net::BlockingPool pool;
    Backends backends{loop, sweep, pool};
    Deliveries deliveries{loop, pool};
    Principals principals{[](std::string_view) {}};
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<AuditGate> gate;
    std::unique_ptr<Exchange> exchange;
};

TEST(Exchange, JudgesTheMethodThatAnOverrideNamesInAnySpelling) {
    ExchangeWorld world;
    EXPECT_EQ(world.status_of("POST", {}), 502);  // allowed; nobody listens there
    for (const auto name : {"x-http-method", "x-http-method-override", "x-method-override",
                            "x_http_method", "x-http_method-override", "x_method_override"}) {
        const http::Field fields[] = {{name, "DELETE"}};
        EXPECT_EQ(world.status_of("POST", fields), 403) << name;
    }
}

}  // namespace
}  // namespace sallyport::agent
