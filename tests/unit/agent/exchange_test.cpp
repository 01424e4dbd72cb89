#include "agent/exchange.hpp"

#include "agent/backends.hpp"
#include "agent/deliveries.hpp"
#include "agent/meter.hpp"
#include "audit/disk.hpp"
#include "audit/joined_reader.hpp"
#include "audit/record.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "net/blocking_pool.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_token.hpp"

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
[[mapping]]
virtual = "db.virtual:5432"
internal = "tcp://127.0.0.1:1"
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
        const auto keys = folder.path() / "keys.json";
        EXPECT_TRUE(replace_file(keys, test::key_set_of(forge.jwk(R"("kid":"k1")")), 0600));
        auto providers = IdentityProviders::load({{.issuer = "https://login.test",
                                                   .jwks_url = {},
                                                   .jwks_file = keys,
                                                   .ca_file = {},
                                                   .audiences = {"app"}}},
                                                 {}, nullptr);
        EXPECT_TRUE(providers);
        made->identity_providers = std::move(*providers);
        auto opened = audit::Log::open({.folder = audit_folder(), .checkpoint_interval = {}},
                                       {.disk = &disk});
        EXPECT_TRUE(opened);
        log = std::move(*opened);
        gate = std::make_unique<AuditGate>(loop, *log);
        meter.use(made->table);
        exchange = std::make_unique<Exchange>("prod", "", *gate, principals, deliveries, backends,
                                              meter, made);
    }
    int status_of(std::string_view method, http::Fields fields,
                  std::string_view authority = "erp.virtual:80") {
        Asking asking(loop);
        http::RequestHead head;
        head.method = method;
        head.authority = authority;
        head.target = "/x";
        head.fields = fields;
        head.facts.user_token = user_token;
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
        auto reader = audit::JoinedReader::open(audit_folder());
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
    test::TokenForge forge = test::TokenForge::ec();
    std::string user_token;  // of what is asked for next
    FullDisk disk;
    std::string text;  // of the last answer
    std::optional<Breakdown> breakdown;
    net::Loop loop;
    net::IdleSweep sweep{loop};
    net::BlockingPool pool;
    Meter meter;
    MappingStates states;
    Backends backends{loop, sweep, pool, states};
    Deliveries deliveries{loop, pool};
    Principals principals{[](std::string_view) {}};
    std::unique_ptr<audit::Log> log;
    std::unique_ptr<AuditGate> gate;
    std::unique_ptr<Exchange> exchange;
};

TEST(Exchange, AStreamThatAReloadOvertakesIsNotOpened) {
    for (const bool stays : {true, false}) {
        ExchangeWorld world;
        auto next = std::make_shared<Site>();
        if (stays)
            next->table = *mappings::Table::create(
                Config::parse({{"agent.toml", std::string(configuration)}})->mappings);
        world.backends.use(next);
        EXPECT_EQ(world.status_of("CONNECT", {}, "db.virtual:5432"), 502);
        EXPECT_EQ(world.last_end().text("outcome"), stays ? "failed" : "aborted");
    }
}

TEST(Exchange, JudgesTheMethodThatAnOverrideNamesInAnySpelling) {
    ExchangeWorld world;
    EXPECT_EQ(world.status_of("POST", {}), 502);  // allowed; nobody listens there
    for (const auto name : {"x-http-method", "x-http-method-override", "x-method-override",
                            "x_http_method", "x-http_method-override", "x_method_override"}) {
        const http::Field fields[] = {{name, "DELETE"}};
        EXPECT_EQ(world.status_of("POST", fields), 403) << name;
    }
}

TEST(Exchange, WhoWasRefusedIsOnRecordWithAValidTokenAndElseWhatWasWrongWithIt) {
    ExchangeWorld world;
    constexpr std::string_view header = R"({"alg":"ES256","kid":"k1"})";
    constexpr std::string_view claims =
        R"({"iss":"https://login.test","aud":["app"],"exp":4000000000,)"
        R"("sub":"u-1","user_name":"jane"})";
    world.user_token = world.forge.token(header, claims, "ES256");
    for (const auto* host : {"erp.virtual:80", "none.virtual:80"}) {  // no rule; no mapping
        EXPECT_EQ(world.status_of("DELETE", {}, host), 403) << host;
        const auto end = world.last_end();
        EXPECT_EQ(end.text("user"), "jane") << host;
        EXPECT_EQ(end.text("issuer"), "https://login.test");
        EXPECT_EQ(end.text("user_type"), "Business");
        EXPECT_FALSE(end.fields.contains("token_fault"));
    }
    auto& letter = world.user_token[world.user_token.size() - 10];  // of the signature
    letter = letter == 'A' ? 'B' : 'A';
    EXPECT_EQ(world.status_of("DELETE", {}), 403) << "and not 407";
    const auto end = world.last_end();
    EXPECT_EQ(end.text("token_fault"), "principal_signature");
    EXPECT_FALSE(end.fields.contains("user_c"));
    EXPECT_EQ(world.status_of("CONNECT", {}, "other.virtual:1"), 403) << "a stream";
    EXPECT_EQ(world.last_end().text("token_fault"), "principal_signature");
}

TEST(Exchange, ItsVirtualHostIsOnRecordWithItsPort) {
    ExchangeWorld world;
    for (const auto* host : {"erp.virtual", "ERP.virtual:80"}) {
        EXPECT_EQ(world.status_of("DELETE", {}, host), 403);
        EXPECT_EQ(world.last_end().text("virtual_host"), "erp.virtual:80");
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

TEST(Exchange, IsCountedOnceForItsMappingByWhatIsOnRecord) {
    ExchangeWorld world;
    EXPECT_EQ(world.status_of("GET", {}), 502);     // nobody listens there
    EXPECT_EQ(world.status_of("DELETE", {}), 403);  // no rule
    EXPECT_EQ(world.status_of("GET", {}, "none.virtual:80"), 403);
    const auto counts = world.meter.counts(net::Loop::now());
    const auto& erp = counts.mappings.front();
    EXPECT_EQ(erp.first, "erp.virtual:80");
    EXPECT_EQ(erp.second.ended, (std::array<std::uint64_t, 5>{0, 1, 1, 0, 0}));
    EXPECT_EQ(counts.none.ended, (std::array<std::uint64_t, 5>{0, 1, 0, 0, 0}));
    EXPECT_EQ(erp.second.running, 0U);
    EXPECT_GT(erp.second.whole.sum().count(), 0);
    EXPECT_EQ(erp.second.head.sum().count(), 0) << "no back end said anything";
    ASSERT_EQ(counts.slowest.size(), 3U);
    EXPECT_EQ(counts.slowest.front().path, "/x");
}

TEST(Exchange, ATraceOfTheClientIsOnRecordIfItIsValid) {
    ExchangeWorld world;
    constexpr std::string_view parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const http::Field good[] = {{"traceparent", parent}};
    EXPECT_EQ(world.status_of("DELETE", good), 403);
    EXPECT_EQ(world.last_end().text("trace"), "0af7651916cd43dd8448eb211c80319c");
    const http::Field bad[] = {{"traceparent", parent.substr(1)}};
    EXPECT_EQ(world.status_of("GET", bad), 502);
    EXPECT_FALSE(world.last_end().fields.contains("trace"));
}

}  // namespace
}  // namespace sallyport::agent
