#include "agent/exchange.hpp"

#include "agent/backends.hpp"
#include "agent/deliveries.hpp"
#include "audit/disk.hpp"
#include "audit/reader.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"
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
[[mapping]]
virtual = "shown.virtual:443"
internal = "https://127.0.0.1:1"
principal = { kind = "x509", deliver = "header:SSL_CLIENT_CERT" }
[[mapping.rule]]
path = "/"
match = "subpaths"
[[identity_provider]]
issuer = "https://login.test"
jwks_file = "/dev/null"
audiences = ["app"]
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

/// A full one, while a test wants it.
struct FullDisk final : audit::Disk {
    Result<std::size_t> write(int file, BytesView bytes) override {
        if (!full) return Disk::write(file, bytes);
        return Error{Errc::failed, "no room"};
    }
    bool full = false;
};

/// A failure and a repair that come between an exchange's record and the end of its turn.
struct Breakdown final : net::EndOfTurn {
    Breakdown(audit::Log& l, FullDisk& d) : log(l), disk(d) {}
    void end_of_turn() override {
        disk.full = true;
        EXPECT_FALSE(log.write());
        disk.full = false;
        EXPECT_TRUE(log.repair());
    }
    audit::Log& log;
    FullDisk& disk;
};

struct ExchangeWorld {
    ExchangeWorld() {
        auto config = Config::parse({{"agent.toml", std::string(configuration)}});
        EXPECT_TRUE(config);
        auto made = std::make_shared<Site>();
        made->config = std::move(*config);
        made->table = *mappings::Table::create(made->config.mappings);
        auto opened = audit::Log::open({.folder = audit_folder()}, {.disk = &disk});
        EXPECT_TRUE(opened);
        log = std::move(*opened);
        gate = std::make_unique<AuditGate>(loop, *log);
        exchange =
            std::make_unique<Exchange>("prod", "", *gate, principals, deliveries, backends, made);
    }
    int status_of(std::string_view method, http::Fields fields,
                  std::string_view authority = "erp.virtual:80") {
        Asking asking(loop);
        http::RequestHead head;
        head.method = method;
        head.authority = authority;
        head.target = "/x";
        head.fields = fields;
        net::TaskGroup group(loop);
        group.spawn("exchange", serve(head, asking));
        if (breakdown) loop.turn.at_commit(*breakdown);
        EXPECT_TRUE(test::run_until_done(loop, group));
        text = asking.text;
        return asking.status;
    }
    /// The newest `exchange.end`.
    audit::Record last_end() const {
        audit::Record found;
        auto reader = audit::Reader::open(audit_folder());
        while (reader) {
            const auto line = reader->next();
            if (!line || !*line) break;
            auto record = audit::parse_record((*line)->bytes);
            if (record && record->event == "exchange.end") found = std::move(*record);
        }
        return found;
    }
    std::filesystem::path audit_folder() const { return folder.path() / "audit"; }
    net::Task<void> serve(const http::RequestHead& head, Asking& asking) {
        (void)co_await exchange->serve(head, asking, asking);
    }

    test::TemporaryFolder folder;
    FullDisk disk;
    std::string text;  // of the last answer
    std::optional<Breakdown> breakdown;
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

TEST(Exchange, RecordsTheBytesOfARefusalToo) {
    ExchangeWorld world;
    EXPECT_EQ(world.status_of("DELETE", {}), 403);
    EXPECT_GT(world.text.size(), 0U);
    EXPECT_EQ(world.last_end().number("response_bytes"), world.text.size());
}

TEST(Exchange, DoesNotPassWithoutARecordUnlessPolicyIsToDegrade) {
    ExchangeWorld world;
    world.disk.full = true;
    EXPECT_EQ(world.status_of("GET", {}), 503) << "the log fails with it";
    EXPECT_EQ(world.status_of("GET", {}), 503) << "the log has failed";
    EXPECT_FALSE(world.log->reconfigure({.on_failure = audit::OnFailure::degrade}, "test"));
    EXPECT_EQ(world.status_of("GET", {}), 502) << "nobody listens there";
    EXPECT_EQ(world.log->unrecorded(), 1U);
    world.disk.full = false;
    ASSERT_TRUE(world.log->repair());
    EXPECT_EQ(world.status_of("GET", {}), 502);
    EXPECT_EQ(world.last_end().text("outcome"), "failed");
}

TEST(Exchange, ItsOwnFaultIsAFailureOnRecordAndNoRefusal) {
    ExchangeWorld world;  // without an authority for users
    EXPECT_EQ(world.status_of("GET", {}, "shown.virtual:443"), 500);
    EXPECT_NE(world.text.find("principal_unavailable"), std::string::npos);
    EXPECT_NE(world.text.find("shown.virtual:443"), std::string::npos);
    const auto end = world.last_end();
    EXPECT_EQ(end.text("outcome"), "failed");
    EXPECT_EQ(end.text("reason"), "principal_unavailable");
    EXPECT_TRUE(end.number("begin")) << "who asked for what was recorded";
}

TEST(Exchange, ARecordThatWasLostInItsOwnTurnIsNoRecordThoughTheLogIsWellAgain) {
    ExchangeWorld world;
    world.breakdown.emplace(*world.log, world.disk);
    EXPECT_EQ(world.status_of("GET", {}), 503);
    EXPECT_TRUE(world.log->healthy());
    world.breakdown.reset();
    EXPECT_EQ(world.status_of("GET", {}), 502);
}

}  // namespace
}  // namespace sallyport::agent
