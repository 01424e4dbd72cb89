#include "agent/kerberos_outages.hpp"

#include "agent/kerberos.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

const KerberosOutages::Time start{};
const Error no_answer{KerberosFault::unreachable, "no KDC of OTHER answers"};

TEST(KerberosOutages, OfASilentRealmOneAtATimeAsksAgain) {
    KerberosOutages outages;
    EXPECT_FALSE(outages.ask("OTHER", start));
    outages.silent("OTHER", no_answer, start);
    const auto told = outages.ask("OTHER", start + 1s);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->detail, no_answer.detail);
    EXPECT_FALSE(outages.ask("OTHER", start + 2s)) << "the pause is over";
    EXPECT_TRUE(outages.ask("OTHER", start + 60s)) << "the one who asks has not heard anything";
    outages.silent("OTHER", no_answer, start + 60s);
    EXPECT_TRUE(outages.ask("OTHER", start + 61s));
    EXPECT_FALSE(outages.ask("OTHER", start + 62s));
    outages.heard("OTHER");
    EXPECT_FALSE(outages.ask("OTHER", start + 62s));
    EXPECT_FALSE(outages.ask("OTHER", start + 62s)) << "all may ask";
}

TEST(KerberosOutages, OtherRealmsDoNotHearOfIt) {
    KerberosOutages outages;
    outages.silent("OTHER", no_answer, start);
    EXPECT_FALSE(outages.ask("CORP", start));
    EXPECT_TRUE(outages.ask("OTHER", start));
}

TEST(KerberosOutages, AreForgottenWhenThereAreTooMany) {
    KerberosOutages outages;
    for (std::size_t i = 0; i <= KerberosOutages::outages_max; ++i)
        outages.silent(std::to_string(i), no_answer, start + std::chrono::milliseconds(i));
    EXPECT_FALSE(outages.ask("0", start)) << "the oldest";
    EXPECT_TRUE(outages.ask("1", start));
    EXPECT_TRUE(outages.ask(std::to_string(KerberosOutages::outages_max), start));
}

}  // namespace
}  // namespace sallyport::agent
