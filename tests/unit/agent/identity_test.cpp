#include "agent/backends.hpp"
#include "agent/deliveries.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "http/h1_connection.hpp"
#include "net/blocking_pool.hpp"
#include "net/listener.hpp"
#include "net/socket_duplex.hpp"
#include "net/tls_duplex.hpp"
#include "tests/support/fake_kdc.hpp"
#include "tests/support/run_loop.hpp"
#include "tests/support/scripted_service.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_pki.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <list>
#include <set>

/// Users whose requests are mixed over few connections, over real TLS: does the back end ever take
/// one for another? SALLYPORT_IDENTITY_REQUESTS says how many requests per way; 600 by default.
namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

std::size_t requests_wanted() {
    const auto* text = std::getenv("SALLYPORT_IDENTITY_REQUESTS");
    const auto count = parse_decimal(text == nullptr ? "" : text);
    return count ? static_cast<std::size_t>(*count) : 600;
}

std::string subject_of(std::string_view der_in_base64) {
    const auto der = from_base64(der_in_base64);
    const auto certificate =
        der ? certs::Certificate::from_der(as_text(*der)) : certs::Certificate::from_der("");
    return certificate ? certificate->subject() : "unreadable";
}

/// Answers with what it knows about the caller: "connection;ssl_client_cert;client-cert;auth".
class TellingBackEnd {
public:
    TellingBackEnd(net::Loop& loop, net::IdleSweep& sweep)
        : loop_(loop),
          sweep_(sweep),
          group_(loop),
          listener_(loop, net::ListeningSocket::open("127.0.0.1:0").value(),
                    [this](FileDescriptor socket) {
                        group_.spawn("connection", run(std::move(socket)));
                    }) {
        EXPECT_TRUE(listener_.start());
    }
    ~TellingBackEnd() {
        listener_.stop();
        group_.cancel();
        test::run_until_done(loop_, group_);
    }
    void believe(const certs::Certificate& authority) {
        const auto own = pki_.hub();
        const std::vector chain{own.certificate, pki_.ca()};
        const std::vector anchors{authority};
        net::HubServerOptions options;
        options.own = {.chain = chain, .key = &own.key};
        options.client_anchors = anchors;
        tls_ = net::TlsContext::hub_server(options).value();
    }
    std::uint16_t port() const { return listener_.socket().port(); }
    std::vector<certs::Certificate> anchors() const { return pki_.anchors(); }
    std::size_t connections = 0;

private:
    net::Task<void> run(FileDescriptor socket) {
        ++connections;
        auto tls =
            net::TlsDuplex::server(tls_, std::make_unique<net::SocketDuplex>(std::move(socket)));
        if (!tls) co_return;
        const auto shaken = co_await (*tls)->handshake(loop_, net::deadline_in(20s));
        if (!shaken) co_return;
        const auto peer = (*tls)->peer_certificate();
        const auto who = peer ? peer->subject() : std::string();
        std::string negotiated;
        test::Script script = [&](const http::RequestHead& head, http::Body&, http::Answer& down) {
            return tell(who, negotiated, head, down);
        };
        test::ScriptedService service(script);
        http::H1Connection connection(loop_, sweep_, std::move(*tls), service, limits_);
        (void)co_await connection.run();
    }
    /// As servers with Negotiate do: a connection belongs to who logged on first on it, and a token
    /// is good once.
    net::Task<Result<void>> tell(std::string_view who, std::string& negotiated,
                                 const http::RequestHead& head, http::Answer& down) {
        const auto value = [&](std::string_view name) {
            const auto* field = http::find(head.fields, name);
            return field == nullptr ? std::string("-") : std::string(field->value);
        };
        auto authorization = value("authorization");
        if (authorization.starts_with("Negotiate ")) {
            const bool is_fresh = tokens_.insert(authorization).second;
            if (!is_fresh || !negotiated.empty()) authorization = "used before";
            negotiated = authorization;
        } else if (!negotiated.empty()) {
            authorization = "on a connection of " + negotiated;
        }
        const auto text = std::string(who) + ";" + value("ssl_client_cert") + ";" +
                          value("client-cert") + ";" + authorization;
        down.start(test::head_of(200, http::BodySize::exactly(text.size())));
        co_await test::write_all(down, text);
        down.finish();
        co_return Result<void>();
    }

    net::Loop& loop_;
    net::IdleSweep& sweep_;
    test::TestPki pki_;
    std::shared_ptr<const net::TlsContext> tls_;
    http::ServerLimits limits_;
    std::set<std::string> tokens_;
    net::TaskGroup group_;
    net::Listener listener_;
};

/// A request without a body, and its answer in memory.
struct Asking final : http::Body, http::Answer {
    explicit Asking(net::Loop& loop) : told(loop.turn) {}
    BytesView peek() override { return {}; }
    void consume(std::size_t) override {}
    State state() const override { return State::ended; }
    net::Event& event() override { return told; }
    bool aborted() const override { return false; }
    void inform(const http::ResponseHead&) override {}
    void start(const http::ResponseHead&) override { begun = true; }
    bool started() const override { return begun; }
    std::size_t write(BytesView bytes) override {
        text += as_text(bytes);
        return bytes.size();
    }
    void finish(http::Fields) override {}
    void abort(const Error&) override {}
    net::Event told;
    bool begun = false;
    std::string text;
};

struct User {
    certs::PrincipalPtr principal;  // null: nobody
    std::string authorization;      // what the user's client sends
};

certs::PrincipalPtr person(const std::string& name) {
    const auto claims = R"({"iss":"i","sub":")" + name + R"(","user_name":")" + name + R"("})";
    return certs::principal_of(certs::UserType::business, boost::json::parse(claims).as_object())
        .value();
}

class Identity : public ::testing::Test {
protected:
    static constexpr std::size_t clients = 12;
    static constexpr std::size_t connections = 5;

    void configure(const std::string& principal, const std::string& more = {}) {
        const auto text = more + "[[hub]]\nurl = \"https://hub.test\"\n[agent]\nstate_dir = \"" +
                          folder_.path().string() +
                          "\"\n[[mapping]]\nvirtual = \"erp.virtual:443\"\n"
                          "internal = \"https://127.0.0.1:" +
                          std::to_string(back_end_.port()) + "\"\nprincipal = " + principal +
                          "\nlimits = { connections = " + std::to_string(connections) +
                          " }\n[[mapping.rule]]\npath = \"/\"\n";
        auto config = Config::parse({{"agent.toml", text}});
        ASSERT_TRUE(config) << to_text(config.error());
        auto site = std::make_shared<Site>();
        site->config = std::move(*config);
        site->table = *mappings::Table::create(site->config.mappings);
        const auto anchors = back_end_.anchors();
        site->trust = net::TlsContext::back_end_client({.anchors = anchors}).value();
        ASSERT_TRUE(site->read_principals());
        if (site->config.kerberos)
            site->kerberos_users = *KerberosUsers::create({}, test::kerberos_realm);
        site_ = site;
        auto keys = PrincipalKeys::load(site_->config, std::chrono::system_clock::now());
        ASSERT_TRUE(keys);
        const auto authority = certs::PrincipalAuthority::open(
            PrincipalKeys::authority_file(site_->config), std::chrono::system_clock::now());
        ASSERT_TRUE(authority);
        back_end_.believe(authority->certificate());
        deliveries_.use(site_, *keys, "berlin-1");
    }

    using Expected = std::string (*)(const User&, std::string_view told);

    /// Many clients ask at once, each time as the next user.
    void mix(Expected seen) {
        net::TaskGroup group(loop_);
        for (std::size_t i = 0; i < clients; ++i) group.spawn("client", ask_on(i, seen));
        EXPECT_TRUE(test::run_until(
            loop_, [&] { return group.empty(); }, 3600s));
        EXPECT_EQ(answered_, requests_wanted());
        EXPECT_EQ(swapped_, 0u) << first_swap_;
    }
    net::Task<void> ask_on(std::size_t client, Expected seen) {
        for (std::size_t n = client; n < requests_wanted(); n += clients) {
            const auto& user = users_[(n * 7 + n / 5) % users_.size()];
            co_await ask(user, seen);
        }
    }
    net::Task<void> ask(const User& user, Expected seen) {
        Asking asking(loop_);
        const auto& mapping = site_->table.mappings().front();
        auto delivery = deliveries_.choose(*site_, mapping, user.principal.get(),
                                           std::chrono::system_clock::now());
        if (!delivery) co_return;
        const auto completed = co_await deliveries_.complete(*delivery, asking);
        if (!completed) {
            if (first_swap_.empty()) first_swap_ = to_text(completed.error());
            co_return;
        }
        const http::Field fields[] = {{"authorization", user.authorization},
                                      {"ssl_client_cert", "forged"},
                                      {"client-cert", ":forged:"}};
        http::RequestHead head;
        head.method = "GET";
        head.authority = "erp.virtual:443";
        head.target = "/x";
        head.fields = fields;
        const auto backend = backends_.find(site_, mapping);
        const auto served = co_await backend->serve_as(head, asking, asking, delivery->login);
        if (!served) {
            if (first_swap_.empty()) first_swap_ = to_text(served.error());
            co_return;
        }
        ++answered_;
        const auto name = user.principal ? user.principal->name : std::string("nobody");
        if (seen(user, asking.text) == name) co_return;
        ++swapped_;
        first_swap_ = name + " became " + asking.text;
    }
    void TearDown() override {
        RecordProperty("connections", static_cast<int>(back_end_.connections));
    }

    test::TemporaryFolder folder_;
    net::Loop loop_;
    net::IdleSweep sweep_{loop_};
    net::BlockingPool pool_{2};
    TellingBackEnd back_end_{loop_, sweep_};
    test::FakeKdc kdc_;
    Deliveries deliveries_{loop_, pool_,
                           KerberosShared{std::make_shared<KerberosTickets>(kdc_.world()),
                                          std::make_shared<net::BlockingLane>(pool_)}};
    MappingStates states_;
    Backends backends_{loop_, sweep_, pool_, states_};
    SitePtr site_;
    std::vector<User> users_ = {
        {person("jane"), "Basic jane"}, {person("john"), "Basic john"}, {nullptr, "Basic nobody"}};
    std::size_t answered_ = 0;
    std::size_t swapped_ = 0;
    std::string first_swap_;
};

/// The n-th of "connection;ssl_client_cert;client-cert;authorization".
std::string part(std::string_view told, int n) {
    while (n-- > 0) told.remove_prefix(told.find(';') + 1);
    return std::string(told.substr(0, told.find(';')));
}

std::string name_in(const std::string& subject) {
    return subject.starts_with("CN=") ? subject.substr(3) : subject;
}

TEST_F(Identity, IsNeverSwappedInTls) {
    configure("{ kind = \"x509\" }");
    mix([](const User& user, std::string_view told) {
        if (part(told, 1) != "-" || part(told, 2) != "-") return std::string("forged");
        if (part(told, 3) != user.authorization) return "with " + part(told, 3);
        const auto subject = part(told, 0);
        return subject.empty() ? std::string("nobody") : name_in(subject);
    });
}

TEST_F(Identity, IsNeverSwappedInSslClientCert) {
    configure("{ kind = \"x509\", deliver = \"header:SSL_CLIENT_CERT\" }");
    mix([](const User&, std::string_view told) {
        if (part(told, 0) != "CN=berlin-1,OU=Sallyport system") return std::string("not ours");
        if (part(told, 2) != "-") return std::string("forged");
        const auto value = part(told, 1);
        return value.empty() ? std::string("nobody") : name_in(subject_of(value));
    });
}

TEST_F(Identity, IsNeverSwappedInClientCert) {
    configure("{ kind = \"x509\", deliver = \"header:Client-Cert\" }");
    mix([](const User&, std::string_view told) {
        if (part(told, 0) != "CN=berlin-1,OU=Sallyport system") return std::string("not ours");
        if (part(told, 1) != "-") return std::string("forged");
        const auto value = part(told, 2);
        if (value == "-") return std::string("nobody");
        return name_in(subject_of(std::string_view(value).substr(1, value.size() - 2)));
    });
}

TEST_F(Identity, IsNeverSwappedInKerberosTickets) {
    configure("{ kind = \"kerberos\", service = \"HTTP/web.test\" }", test::kerberos_section());
    mix([](const User&, std::string_view told) {
        const bool hides = part(told, 0).empty() && part(told, 1) == "-" && part(told, 2) == "-";
        if (!hides) return std::string("forged");
        const auto shown = part(told, 3);
        return shown == "-" ? std::string("nobody") : test::FakeKdc::user_in(shown);
    });
    EXPECT_LE(kdc_.impersonations(), users_.size() * net::BlockingLane::lane_threads);
}

TEST_F(Identity, OfATechnicalUserHidesEverybodyElses) {
    const auto file = folder_.path() / "erp.cred";
    ASSERT_TRUE(replace_file(file, "RFC:pw", 0600));
    configure("{ kind = \"technical\", credentials_file = \"" + file.string() + "\" }");
    mix([](const User& user, std::string_view told) {
        const bool right = part(told, 0).empty() && part(told, 1) == "-" && part(told, 2) == "-" &&
                           part(told, 3) == "Basic UkZDOnB3";
        if (!right) return std::string("wrong");
        return user.principal ? user.principal->name : std::string("nobody");
    });
}

}  // namespace
}  // namespace sallyport::agent
