#include "hub/agent_revocation.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "hub/accounts.hpp"
#include "hub/external_authority.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_revocation_list.hpp"

#include <gtest/gtest.h>

namespace sallyport::hub {
namespace {

using Verdict = certs::RevocationLists::Verdict;
using namespace std::chrono_literals;

class AgentRevocationTest : public testing::Test {
protected:
    std::filesystem::path file(const std::string& name, const std::string& text) {
        const auto path = folder_.path() / name;
        EXPECT_TRUE(replace_file(path, text, 0600));
        return path;
    }
    void trust(const std::string& tenant, const test::TestPki& pki) {
        accounts_.external_authorities.emplace(std::pair(tenant, to_hex(pki.ca().fingerprint())),
                                               pki.ca());
    }
    AgentRevocation judging(const std::vector<std::filesystem::path>& files) {
        const auto read = AgentRevocation::read(files);
        EXPECT_TRUE(read);
        return read->judging_for(own_.anchors(), accounts_);
    }
    Verdict judge(const AgentRevocation& lists, const std::string& tenant, const test::Held& held,
                  bool external) const {
        const auto serial =
            external ? external_serial(held.certificate) : held.certificate.serial();
        return lists.judge(tenant, serial, {&held.certificate, 1}, own_.now()).verdict;
    }

    test::TemporaryFolder folder_;
    test::TestPki own_{"hub"};
    test::TestPki customer_{"customer"};
    Accounts accounts_;
};

TEST_F(AgentRevocationTest, EachListJudgesForTheAuthorityThatSignedIt) {
    const auto ours = own_.agent();
    const auto theirs = customer_.agent();
    const std::vector files{
        file("own", test::list_of(own_, {ours.certificate}, own_.now())),
        file("theirs", test::list_of(customer_, {theirs.certificate}, own_.now()))};
    trust("acme", customer_);
    const auto lists = judging(files);
    EXPECT_EQ(judge(lists, "acme", ours, false), Verdict::revoked);
    EXPECT_EQ(judge(lists, "acme", own_.agent(), false), Verdict::good);
    EXPECT_EQ(judge(lists, "acme", theirs, true), Verdict::revoked);
    EXPECT_EQ(judge(lists, "acme", customer_.agent(), true), Verdict::good);
    EXPECT_TRUE(lists.faults(own_.now()).empty());
}

TEST_F(AgentRevocationTest, ATenantsAuthorityWithAnothersNameJudgesOnlyWithinItsTenant) {
    const test::TestPki twin("customer");  // the same name, so the same issuer in certificates
    const auto held = customer_.agent();
    const std::vector files{file("late", test::list_of(customer_, {}, own_.now() - 48h)),
                            file("twin", test::list_of(twin, {held.certificate}, own_.now()))};
    trust("acme", customer_);
    trust("evil", twin);
    const auto lists = judging(files);
    EXPECT_EQ(judge(lists, "acme", held, true), Verdict::unknown)
        << "neither revoked nor vouched for by the other tenant's";
    EXPECT_EQ(judge(lists, "evil", held, true), Verdict::revoked);
}

TEST_F(AgentRevocationTest, AnAuthorityThatIsTrustedLaterFindsItsListWaiting) {
    const auto held = customer_.agent();
    const auto before =
        judging({file("theirs", test::list_of(customer_, {held.certificate}, own_.now()))});
    EXPECT_EQ(judge(before, "acme", held, true), Verdict::good);
    ASSERT_EQ(before.faults(own_.now()).size(), 1U);
    EXPECT_NE(before.faults(own_.now())[0].find("theirs has a list that no authority signed"),
              std::string::npos);
    trust("acme", customer_);
    const auto after = before.judging_for(own_.anchors(), accounts_);
    EXPECT_EQ(judge(after, "acme", held, true), Verdict::revoked);
    EXPECT_TRUE(after.faults(own_.now()).empty());
}

TEST_F(AgentRevocationTest, AListThatIsOutOfDateIsAFaultThatNamesItsFile) {
    const auto lists = judging({file("old.crl", test::list_of(own_, {}, own_.now() - 48h))});
    EXPECT_EQ(judge(lists, "acme", own_.agent(), false), Verdict::unknown);
    ASSERT_EQ(lists.faults(own_.now()).size(), 1U);
    EXPECT_NE(lists.faults(own_.now())[0].find("old.crl"), std::string::npos);
}

TEST_F(AgentRevocationTest, AFileThatCannotBeReadIsAnErrorThatNamesIt) {
    for (const auto& path : {file("bad.crl", "no list"), folder_.path() / "missing.crl"}) {
        const auto read = AgentRevocation::read({path});
        ASSERT_FALSE(read);
        EXPECT_NE(read.error().detail.find(path.filename()), std::string::npos)
            << to_text(read.error());
    }
}

}  // namespace
}  // namespace sallyport::hub
