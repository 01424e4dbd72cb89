#include "ldap/policy.hpp"

#include <gmock/gmock.h>

namespace sallyport::ldap {
namespace {

using testing::HasSubstr;

Result<Policy> of(std::vector<std::string> operations) { return Policy::of(operations); }

TEST(LdapPolicy, AllowsAllAndJudgesNothingByDefault) {
    const Policy policy;
    EXPECT_FALSE(policy.judges());
    EXPECT_EQ(policy.decide(Operation::modify, {}), Refusal::none);
    EXPECT_EQ(policy.decide(Operation::extended, start_tls_oid), Refusal::none);
    EXPECT_EQ(policy.decide(Operation::unknown, {}), Refusal::none);
}

TEST(LdapPolicy, AllowsWhatItNamesAndUnbind) {
    const auto policy = of({"bind", "search", "delete", "modifyDN"}).value();
    EXPECT_TRUE(policy.judges());
    for (const auto operation : {Operation::bind, Operation::search, Operation::remove,
                                 Operation::modify_dn, Operation::unbind})
        EXPECT_EQ(policy.decide(operation, {}), Refusal::none) << to_text(operation);
    for (const auto operation :
         {Operation::modify, Operation::add, Operation::compare, Operation::abandon})
        EXPECT_EQ(policy.decide(operation, {}), Refusal::operation_denied) << to_text(operation);
    EXPECT_EQ(policy.decide(Operation::extended, "1.2.3"), Refusal::operation_denied);
    EXPECT_EQ(policy.decide(Operation::unknown, {}), Refusal::unknown_operation);
}

TEST(LdapPolicy, AllowsExtendedRequestsByTheirNumberOrAllButStartTls) {
    const auto one = of({"extended:1.3.6.1.4.1.4203.1.11.3"}).value();
    EXPECT_EQ(one.decide(Operation::extended, "1.3.6.1.4.1.4203.1.11.3"), Refusal::none);
    EXPECT_EQ(one.decide(Operation::extended, "1.3.6.1.4.1.4203.1.11.1"),
              Refusal::operation_denied);
    EXPECT_FALSE(one.allows_any_extended());
    const auto all = of({"extended"}).value();
    EXPECT_EQ(all.decide(Operation::extended, "1.3.6.1.4.1.4203.1.11.1"), Refusal::none);
    EXPECT_EQ(all.decide(Operation::extended, start_tls_oid), Refusal::start_tls);
    EXPECT_TRUE(all.allows_any_extended());
}

TEST(LdapPolicy, SaysWhatToWriteInstead) {
    EXPECT_THAT(of({}).error().detail, HasSubstr("leave it out"));
    for (const auto* wrong : {"read", "Search", "modrdn", "unknown", "", "extended:", "extended:1",
                              "extended:1..2", "extended:.1.2", "extended:1.2.", "extended:whoami"})
        EXPECT_THAT(of({wrong}).error().detail, HasSubstr("none of bind, unbind")) << wrong;
    EXPECT_THAT(of({"extended:" + std::string(start_tls_oid)}).error().detail,
                HasSubstr("cannot have StartTLS"));
}

TEST(LdapPolicy, NamesAndTagsOfOperationsBelongTogether) {
    for (const auto tag : {0x60, 0x42, 0x63, 0x66, 0x68, 0x4a, 0x6c, 0x6e, 0x50, 0x77}) {
        const auto operation = operation_of(static_cast<std::uint8_t>(tag));
        ASSERT_NE(operation, Operation::unknown) << tag;
        EXPECT_EQ(find_operation(to_text(operation)), operation);
    }
    // The same numbers in the other form are no requests (RFC 4511 section 4.2 to 4.12).
    for (const auto tag : {0x40, 0x62, 0x43, 0x46, 0x48, 0x6a, 0x4c, 0x70, 0x57, 0x61, 0x78})
        EXPECT_EQ(operation_of(static_cast<std::uint8_t>(tag)), Operation::unknown) << tag;
}

}  // namespace
}  // namespace sallyport::ldap
