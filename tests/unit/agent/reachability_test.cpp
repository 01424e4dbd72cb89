#include "agent/reachability.hpp"

#include "certs/principal_authority.hpp"
#include "net/blocking_pool.hpp"
#include "net/idle_sweep.hpp"
#include "net/task_group.hpp"
#include "ssh/fault.hpp"
#include "tests/support/run_loop.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <gmock/gmock.h>
#include <optional>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using mappings::Protocol;
using testing::HasSubstr;

net::Task<void> find(ReachBase base, ReachTarget target, std::chrono::milliseconds patience,
                     std::optional<Reachability>& found) {
    found = co_await reach(base, std::move(target), patience);
}

Reachability reach_of(ReachTarget target, std::chrono::milliseconds patience) {
    net::Loop loop;
    net::BlockingPool pool(1);
    net::IdleSweep sweep(loop);
    SshHosts ssh_hosts(loop, sweep, pool);
    net::TaskGroup tasks(loop);
    std::optional<Reachability> found;
    tasks.spawn("reach", find({loop, pool, ssh_hosts}, std::move(target), patience, found));
    EXPECT_TRUE(test::run_until_done(loop, tasks));
    return *found;
}

TEST(Reachability, DoesNotWaitForASystemThatSaysNothing) {
    namespace ip = boost::asio::ip;
    boost::asio::io_context io;
    const ip::tcp::acceptor silent(io, {ip::address_v4::loopback(), 0});
    const ReachTarget target{
        .protocol = Protocol::smtp, .host = "127.0.0.1", .port = silent.local_endpoint().port()};
    auto patience = 20ms;
    auto about = reach_of(target, patience);
    // Connecting has to be in time as well, on a machine that may be slow.
    while (about.steps.size() < 2 && patience < 10s) about = reach_of(target, patience *= 2);
    EXPECT_FALSE(about.is_reachable());
    ASSERT_EQ(about.steps.size(), 2U);
    EXPECT_TRUE(about.steps[0].good);
    EXPECT_EQ(about.steps[1].step, ReachStep::greeting);
    EXPECT_EQ(about.steps[1].text, "it said nothing");
    EXPECT_GE(about.steps[1].took, patience);
}

TEST(Reachability, LeavesAJumpHostThatSaysNothing) {
    namespace ip = boost::asio::ip;
    boost::asio::io_context io;
    const ip::tcp::acceptor silent(io, {ip::address_v4::loopback(), 0});
    ReachTarget target{.protocol = Protocol::tcp, .host = "db.corp", .port = 5432};
    auto& jump_host = target.jump_host.emplace();
    jump_host.host = "127.0.0.1";
    jump_host.port = silent.local_endpoint().port();
    jump_host.user = "tunnel";
    jump_host.credentials = std::make_shared<const ssh::Credentials>();
    const auto found = reach_all({target});
    ASSERT_EQ(found.size(), 1U);
    ASSERT_EQ(found[0].steps.size(), 1U);
    EXPECT_EQ(found[0].steps[0].step, ReachStep::ssh);
    EXPECT_THAT(found[0].steps[0].text, HasSubstr("does not answer"));
    EXPECT_THAT(found[0].advice, HasSubstr("The jump host tunnel@127.0.0.1"));
}

TEST(Reachability, KnowsWhoseCertificateABackEndSees) {
    using mappings::CertificateDelivery;
    using mappings::PrincipalKind;
    const auto config = Config::parse({{"agent.toml", R"([[hub]]
url = "https://h"
[[mapping]]
virtual = "a.virtual:443"
internal = "https://a"
)"}});
    ASSERT_TRUE(config) << config.error().detail;
    auto mapping = config->mappings.front();
    EXPECT_EQ(shown_certificate(mapping), ShownCertificate::none);
    mapping.principal.kind = PrincipalKind::kerberos;
    EXPECT_EQ(shown_certificate(mapping), ShownCertificate::none);
    mapping.principal.kind = PrincipalKind::x509;
    EXPECT_EQ(shown_certificate(mapping), ShownCertificate::of_user);
    mapping.system_certificate = true;  // of whoever has no user
    EXPECT_EQ(shown_certificate(mapping), ShownCertificate::system);
    mapping.system_certificate = false;
    mapping.principal.deliver = CertificateDelivery::ssl_client_cert;
    EXPECT_EQ(shown_certificate(mapping), ShownCertificate::system);
}

TEST(Reachability, TellsADemandForACertificateFromOtherFailures) {
    Reachability about;
    const auto demanded = [&](ReachStep step, Errc code) {
        return demands_certificate(about, step, {code, {}});
    };
    EXPECT_FALSE(demanded(ReachStep::tls, Errc::protocol));
    about.certificate_asked = true;
    EXPECT_TRUE(demanded(ReachStep::tls, Errc::protocol));
    EXPECT_FALSE(demanded(ReachStep::tls, Errc::timed_out));
    EXPECT_TRUE(demanded(ReachStep::answer, Errc::untrusted));
    EXPECT_TRUE(demanded(ReachStep::answer, Errc::cut));
    EXPECT_FALSE(demanded(ReachStep::answer, Errc::protocol));  // it answers, but not with HTTP
    EXPECT_TRUE(demanded(ReachStep::greeting, Errc::untrusted));
    EXPECT_FALSE(demanded(ReachStep::tcp, Errc::cut));

    ReachTarget target;
    EXPECT_THAT(certificate_advice(target), HasSubstr("system_certificate = true"));
    target.shows = ShownCertificate::system;
    EXPECT_THAT(certificate_advice(target), HasSubstr("as root"));
    target.certificate = std::make_shared<const certs::KeyAndChain>(
        *certs::PrincipalAuthority::create(std::chrono::system_clock::now()));
    EXPECT_THAT(certificate_advice(target), HasSubstr("certs show system"));
}

TEST(Reachability, SaysWhatToDoAboutEachStep) {
    const ReachTarget target{.protocol = Protocol::ldap, .host = "dc.corp", .port = 389};
    ReachTarget behind = target;
    behind.jump_host.emplace();
    behind.jump_host->host = "jump.corp";
    behind.jump_host->user = "tunnel";
    const auto through = [&](ssh::Fault fault) {
        return reach_advice(behind, ReachStep::ssh, {fault, {}});
    };
    EXPECT_THAT(through(ssh::Fault::unreachable), HasSubstr("tunnel@jump.corp:22 does not answer"));
    EXPECT_THAT(through(ssh::Fault::host_key_changed), HasSubstr("known_hosts"));
    EXPECT_THAT(through(ssh::Fault::login), HasSubstr("authorized_keys"));
    EXPECT_THAT(through(ssh::Fault::forbidden), HasSubstr("PermitOpen"));
    EXPECT_THAT(through(ssh::Fault::target_unreachable), HasSubstr("does not reach dc.corp:389"));
    EXPECT_THAT(reach_advice(behind, ReachStep::ssh, {Errc::timed_out, {}}),
                HasSubstr("answers, but dc.corp:389 does not"));
    EXPECT_THAT(reach_advice(behind, ReachStep::ssh, {Errc::limit, {}}), HasSubstr("in use"));
    ReachTarget files = target;
    files.login = behind.jump_host;
    const auto login = [&](ssh::Fault fault) {
        return reach_advice(files, ReachStep::login, {fault, {}});
    };
    EXPECT_THAT(login(ssh::Fault::login), HasSubstr("authorized_keys"));
    EXPECT_THAT(login(ssh::Fault::forbidden), HasSubstr("Subsystem sftp"));
    EXPECT_THAT(login(ssh::Fault::unreachable), HasSubstr("its own log"));
    const auto advice = [&](ReachStep step, Errc code) {
        return reach_advice(target, step, {code, {}});
    };
    EXPECT_THAT(advice(ReachStep::name, Errc::unavailable), HasSubstr("DNS"));
    EXPECT_THAT(advice(ReachStep::tcp, Errc::timed_out), HasSubstr("firewall"));
    EXPECT_THAT(advice(ReachStep::tcp, Errc::unavailable), HasSubstr("at dc.corp:389"));
    EXPECT_THAT(advice(ReachStep::tls, Errc::untrusted), HasSubstr("[trust] ca_file"));
    EXPECT_THAT(advice(ReachStep::tls, Errc::protocol), HasSubstr("is 389 its TLS port?"));
    EXPECT_THAT(advice(ReachStep::greeting, Errc::protocol), HasSubstr("does not speak ldap"));
}

}  // namespace
}  // namespace sallyport::agent
