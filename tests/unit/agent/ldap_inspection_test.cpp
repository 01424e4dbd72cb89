#include "agent/ldap_inspection.hpp"

#include "audit/log.hpp"
#include "tests/support/audit_records.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <optional>
#include <vector>

namespace sallyport::agent {
namespace {

using testing::IsEmpty;

/// One connection whose records can be read.
class LdapInspectionTest : public testing::Test {
protected:
    void use(std::vector<std::string> operations, audit::Level level = audit::Level::all) {
        inspection_.reset();
        audit_.reset();
        gate_.reset();
        log_.reset();  // lets go of its folder
        log_ = std::move(*audit::Log::open({.folder = folder_.path() / "audit", .level = level}));
        gate_.emplace(loop_, *log_);
        audit_.emplace(*gate_, exchange_);
        inspection_ = ldap_inspections(operations)(*audit_);
    }
    InspectionStep say(std::string_view bytes) {
        said_.assign(as_bytes(bytes).begin(), as_bytes(bytes).end());
        return inspection_->from_caller(said_);
    }
    std::vector<audit::Record> records(std::string_view event) {
        EXPECT_TRUE(log_->write());
        return test::records_of(folder_.path() / "audit", event);
    }

    const std::string bind{
        "\x30\x11\x02\x01\x01\x60\x0c\x02\x01\x03\x04\x04"
        "cn=a\x80\x01x",
        19};
    const std::string modify{"\x30\x07\x02\x01\x02\x66\x02\x04\x00", 9};
    const std::string start_tls{
        "\x30\x1d\x02\x01\x03\x77\x18\x80\x16"
        "1.3.6.1.4.1.1466.20037",
        31};
    test::TemporaryFolder folder_;
    net::Loop loop_;
    const audit::ExchangeBegin exchange_{.exchange = "e1",
                                         .tenant = "acme",
                                         .client = "shop",
                                         .user = "jane",
                                         .virtual_host = "ldap.virtual:389"};
    std::unique_ptr<audit::Log> log_;
    std::optional<AuditGate> gate_;
    std::optional<ExchangeAudit> audit_;
    std::unique_ptr<StreamInspection> inspection_;
    Bytes said_;
};

TEST_F(LdapInspectionTest, PutsOperationsOnRecordWithWhoseTheyAre) {
    use({"bind"});
    auto step = say(bind);
    EXPECT_TRUE(step.recorded);
    EXPECT_EQ(as_text(step.forward), bind);
    step = say(modify);
    EXPECT_TRUE(step.recorded);
    EXPECT_THAT(step.forward, IsEmpty());
    EXPECT_FALSE(step.answer.empty());
    const auto found = records("ldap.operation");
    ASSERT_EQ(found.size(), 2U);
    const std::pair<const char*, const char*> wanted[] = {
        {"exchange", "e1"},           {"tenant", "acme"},
        {"client", "shop"},           {"user", "jane"},
        {"operation", "bind"},        {"virtual_host", "ldap.virtual:389"},
        {"authentication", "simple"}, {"bind_dn", "cn=a"},
        {"decision", "allowed"}};
    for (const auto& [key, value] : wanted) EXPECT_EQ(found[0].text(key), value);
    EXPECT_EQ(found[1].text("operation"), "modify");
    EXPECT_EQ(found[1].text("decision"), "refused");
    EXPECT_EQ(found[1].text("reason"), "operation_denied");
    EXPECT_EQ(found[1].text("bound_as"), "cn=a (unconfirmed)");
}

TEST_F(LdapInspectionTest, PutsTheEndOfTheViewOnRecord) {
    use({});
    EXPECT_TRUE(say(start_tls).recorded);
    const std::string hello("\x16\x03\x01", 3);
    const auto step = say(hello);
    EXPECT_TRUE(step.recorded);
    EXPECT_EQ(as_text(step.forward), hello);
    EXPECT_FALSE(say("anything").recorded);
    const auto found = records("ldap.unseen");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text("reason"), "TLS has begun (StartTLS)");
}

TEST_F(LdapInspectionTest, TellsTheEndOfTheExchangeWhyItBrokeOff) {
    use({"search"});
    EXPECT_TRUE(say("GET / HTTP/1.1").close);
    EXPECT_EQ(audit_->outcome(), audit::outcome::aborted);
    EXPECT_EQ(audit_->reason(), "unparsable");
}

TEST_F(LdapInspectionTest, GivesTheRestOfSomethingElseOnWhereNothingIsJudged) {
    use({});
    EXPECT_EQ(say(bind.substr(0, 7)).taken, 0U);
    EXPECT_EQ(as_text(inspection_->caller_ended().forward), bind.substr(0, 7));
    use({"bind"});
    EXPECT_EQ(say(bind.substr(0, 7)).taken, 0U);
    EXPECT_THAT(inspection_->caller_ended().forward, IsEmpty());
}

TEST_F(LdapInspectionTest, RecordsOnlyWhatIsRefusedWhereSecurityIsTheLevel) {
    use({"bind"}, audit::Level::security);
    say(bind);
    say(modify);
    const auto found = records("ldap.operation");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].text("decision"), "refused");
}

}  // namespace
}  // namespace sallyport::agent
