#include "daemon/server_judgement.hpp"

#include "base/error.hpp"
#include "net/tls_fault.hpp"
#include "tests/support/test_pki.hpp"

#include <gmock/gmock.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

const ServerAddress hub{"hub.test", 443};
const ServerAddress erp{"erp.test", 44300};

net::TlsShown shows(std::vector<certs::Certificate> chain, std::string version = "TLSv1.3",
                    std::string alpn = "sallyport-est") {
    return {.version = std::move(version), .alpn = std::move(alpn), .chain = std::move(chain)};
}

TlsFacts of_hub(const test::TestPki& pki, Error error) {
    TlsFacts facts{.server = hub,
                   .alpn = "sallyport-est",
                   .anchors = pki.anchors(),
                   .where = "url of [[hub]] prod",
                   .now = pki.now()};
    facts.agreed = std::move(error);
    return facts;
}

TEST(ServerJudgement, NamesWhoBreaksTlsOpen) {
    const test::TestPki pki;
    const test::TestPki proxy("corp inspection CA");
    auto facts = of_hub(pki, {Errc::untrusted, "refused"});
    facts.shown = shows({proxy.hub().certificate});
    const auto judged = judge_hub_tls(facts);
    EXPECT_EQ(judged.verdict, Verdict::failed);
    EXPECT_THAT(judged.seen, HasSubstr("TLS is intercepted"));
    EXPECT_THAT(judged.seen, HasSubstr("CN=corp inspection CA"));
    EXPECT_THAT(judged.seen, HasSubstr("CN=test hub CA"));
    EXPECT_THAT(judged.remedy, HasSubstr("exempt hub.test:443"));
    // Most such devices do not know TLS 1.3 or our protocol, so it fails before the certificate.
    facts = of_hub(pki, {Errc::protocol, "the hub does not accept our TLS versions"});
    facts.shown = shows({proxy.hub().certificate}, "TLSv1.2", "");
    EXPECT_THAT(judge_hub_tls(facts).seen, HasSubstr("CN=corp inspection CA"));
}

TEST(ServerJudgement, TellsOldTlsAndAMissingProtocolFromInterception) {
    const test::TestPki pki;
    auto facts = of_hub(pki, {Errc::protocol, "no"});
    facts.shown = shows({pki.hub().certificate}, "TLSv1.2");
    EXPECT_THAT(judge_hub_tls(facts).seen, HasSubstr("only TLSv1.2"));
    facts.shown = shows({pki.hub().certificate}, "TLSv1.3", "");
    EXPECT_THAT(judge_hub_tls(facts).seen, HasSubstr("ALPN"));
    facts.shown.reset();
    EXPECT_THAT(judge_hub_tls(facts).remedy, HasSubstr("Is 443 the TLS port of the hub?"));
}

TEST(ServerJudgement, SaysWhatIsWrongWithTheHubsOwnCertificate) {
    const test::TestPki pki;
    auto facts = of_hub(pki, {Errc::untrusted, "expired"});
    facts.shown = shows({pki.expired_hub().certificate, pki.ca()});
    EXPECT_THAT(judge_hub_tls(facts).seen, HasSubstr("has expired"));
    facts.shown = shows({pki.hub({"other.test"}).certificate, pki.ca()});
    EXPECT_THAT(judge_hub_tls(facts).seen, HasSubstr("not for hub.test (DNS names in it: other"));
    EXPECT_THAT(judge_hub_tls(facts).remedy, HasSubstr("url of [[hub]] prod"));
    facts.shown = shows({pki.hub().certificate, pki.ca()});
    facts.now -= std::chrono::hours(24 * 365 * 30);
    EXPECT_THAT(judge_hub_tls(facts).remedy, HasSubstr("clock"));
    facts.agreed = std::string("TLSv1.3, all well");
    EXPECT_EQ(judge_hub_tls(facts).verdict, Verdict::good);
}

TlsFacts of_erp(const std::vector<certs::Certificate>& anchors, const test::TestPki& pki,
                Error error = {Errc::untrusted, "refused"}) {
    TlsFacts facts{.server = erp,
                   .anchors = anchors,
                   .trust = "[trust] ca_file (/etc/corp.pem)",
                   .where = "`internal`",
                   .now = pki.now()};
    facts.agreed = std::move(error);
    return facts;
}

TEST(ServerJudgement, SaysWhichAuthorityBelongsWhere) {
    const test::TestPki corp("corp CA");
    const test::TestPki other("other CA");
    const auto leaf = corp.hub({"erp.test"}).certificate;
    auto facts = of_erp(other.anchors(), corp);
    facts.shown = shows({leaf});
    EXPECT_EQ(judge_server_tls(facts).remedy,
              "Put the authority \"CN=corp CA\" into [trust] ca_file (/etc/corp.pem).");
    facts.shown = shows({leaf, corp.ca()});
    EXPECT_THAT(judge_server_tls(facts).remedy, HasSubstr("\"CN=corp CA\""));
    facts.shown = shows({corp.ca()});
    EXPECT_THAT(judge_server_tls(facts).seen, HasSubstr("by itself"));
    facts.anchors.clear();
    EXPECT_EQ(judge_server_tls(facts).verdict, Verdict::failed);
}

TEST(ServerJudgement, SaysWhatElseIsWrongWithAChain) {
    const test::TestPki corp("corp CA");
    auto facts = of_erp(corp.anchors(), corp);
    facts.shown = shows({corp.expired_hub({"erp.test"}).certificate});
    EXPECT_THAT(judge_server_tls(facts).seen, HasSubstr("has expired"));
    facts.shown = shows({corp.hub({"web.test"}).certificate});
    EXPECT_THAT(judge_server_tls(facts).seen, HasSubstr("not for erp.test"));
    facts.shown = shows({corp.hub({"erp.test"}).certificate});
    EXPECT_THAT(judge_server_tls(facts).remedy, HasSubstr("their names are alike"));
    facts.agreed = Error{Errc::protocol, "bad"};
    facts.shown->version = "TLSv1";
    EXPECT_EQ(judge_server_tls(facts).seen, "it speaks only TLSv1");
    facts.shown.reset();
    EXPECT_THAT(judge_server_tls(facts).remedy, HasSubstr("Is 44300 the TLS port"));
    facts.agreed = Error{net::TlsFault::pin, "another key"};
    EXPECT_THAT(judge_server_tls(facts).remedy, HasSubstr("`pin`"));
    facts.agreed = Error{net::TlsFault::revoked, "taken back"};
    EXPECT_THAT(judge_server_tls(facts).remedy, HasSubstr("another certificate"));
    facts.agreed = Error{net::TlsFault::revocation_unknown, "old list"};
    EXPECT_THAT(judge_server_tls(facts).remedy, HasSubstr("crl_files"));
}

TEST(ServerJudgement, SaysWhatAProxyMeans) {
    EXPECT_EQ(judge_proxy(hub, Result<void>()).verdict, Verdict::good);
    const auto remedy_of = [](Errc code) { return judge_proxy(hub, Error{code, "x"}).remedy; };
    EXPECT_THAT(remedy_of(Errc::unauthorized), HasSubstr("proxy_credentials_file"));
    EXPECT_THAT(remedy_of(Errc::denied), HasSubstr("allow CONNECT to hub.test:443"));
    EXPECT_THAT(remedy_of(Errc::unavailable), HasSubstr("does not get there"));
    EXPECT_THAT(remedy_of(Errc::protocol), HasSubstr("no HTTP proxy"));
    EXPECT_FALSE(remedy_of(Errc::cut).empty());
}

TEST(ServerJudgement, SaysWhatNamesAndPortsMean) {
    const std::vector v4{*net::Endpoint::literal("192.0.2.1", 443)};
    const std::vector v6{*net::Endpoint::literal("2001:db8::1", 443)};
    EXPECT_EQ(judge_name("hub.test", v4, false, "url").verdict, Verdict::good);
    EXPECT_EQ(judge_name("hub.test", v6, true, "url").verdict, Verdict::good);
    EXPECT_THAT(judge_name("hub.test", v6, false, "url").remedy, HasSubstr("IPv6 address"));
    EXPECT_THAT(
        judge_name("hub.test", Error{Errc::unavailable, "no such name"}, true, "url").remedy,
        HasSubstr("Correct url"));
    EXPECT_EQ(judge_name("192.0.2.1", v4, false, "url").seen, "192.0.2.1 is an address");
    EXPECT_EQ(judge_tcp(hub, std::string("192.0.2.1:443"), "url").verdict, Verdict::good);
    EXPECT_THAT(judge_tcp(hub, Error{Errc::timed_out, "no answer"}, "url").remedy,
                HasSubstr("firewall"));
    EXPECT_THAT(judge_tcp(hub, Error{Errc::unavailable, "refused"}, "url").remedy,
                HasSubstr("start the service"));
}

}  // namespace
}  // namespace sallyport::daemon
