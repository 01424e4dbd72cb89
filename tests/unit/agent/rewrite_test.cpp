#include "agent/rewrite.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

struct Case {
    std::string_view value;
    std::string_view expected;  // empty: stays
};

TEST(Rewrite, LocationsThatNameTheInternalHost) {
    const Rewrite rewrite("S4.corp.local", 44300, "erp.virtual:8000");
    const Case cases[] = {
        {"https://s4.corp.local:44300/sap/x?y#z", "http://erp.virtual:8000/sap/x?y#z"},
        {"HTTP://S4.CORP.local:44300", "http://erp.virtual:8000"},
        {"https://s4.corp.local:44300?x", "http://erp.virtual:8000?x"},
        {"//s4.corp.local:44300/x", "//erp.virtual:8000/x"},
        {"/sap/x", ""},
        {"x", ""},
        {"", ""},
        {"https://s4.corp.local/x", ""},
        {"https://s4.corp.local:44301/x", ""},
        {"https://other.corp.local:44300/x", ""},
        {"https://s4.corp.local.evil:44300/x", ""},
        {"https://user@s4.corp.local:44300/x", ""},
        {"https://s4.corp.local:44300@evil/x", ""},
        {"https://s4.corp.local:x/", ""},
        {"//s4.corp.local/x", ""},
        {"ftp://s4.corp.local:44300/", ""},
        {"https:/s4.corp.local:44300/", ""},
    };
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(rewrite.location(value), expected) << value;
}

TEST(Rewrite, DefaultPortsGoWithoutSaying) {
    const Rewrite https("s4", 443, "erp:44300");
    EXPECT_EQ(https.location("https://s4/x"), "http://erp:44300/x");
    EXPECT_EQ(https.location("https://s4:443/x"), "http://erp:44300/x");
    EXPECT_EQ(https.location("http://s4:443/x"), "http://erp:44300/x");
    EXPECT_EQ(https.location("http://s4/x"), "");
    EXPECT_EQ(https.location("//s4/x"), "//erp:44300/x");
    const Rewrite http("s4", 80, "erp:80");
    EXPECT_EQ(http.location("http://s4/x"), "http://erp:80/x");
    EXPECT_EQ(http.location("https://s4/x"), "");
    const Rewrite six("[fd00::1]", 80, "erp:80");
    EXPECT_EQ(six.location("http://[FD00::1]/x"), "http://erp:80/x");
    EXPECT_EQ(six.location("http://[fd00::1/x"), "");
}

TEST(Rewrite, DomainsOfCookiesThatAreTheInternalHost) {
    const Rewrite rewrite("s4.corp.local", 443, "erp.virtual:44300");
    const Case cases[] = {
        {"a=b; Domain=s4.corp.local; Path=/", "a=b; Path=/; Domain=erp.virtual"},
        {"a=b; Domain=x; Domain=s4.corp.local", "a=b; Domain=erp.virtual"},
        {"a=b; Domain=s4.corp.local; Domain=", "a=b; Domain=erp.virtual"},
        {"a=b; Domain=s4.corp.local; Domain=x", ""},
        {"a=b;domain = .S4.corp.LOCAL ;secure", "a=b;secure; Domain=erp.virtual"},
        {"a=b; DOMAIN=s4.corp.local", "a=b; Domain=erp.virtual"},
        {"a=b; Path=/; HttpOnly", ""},
        {"domain=s4.corp.local; Path=/", ""},
        {"a=b; xdomain=s4.corp.local", ""},
        {"a=b; Domain", ""},
        {"a", ""},
        {"", ""},
    };
    for (const auto& [value, expected] : cases)
        EXPECT_EQ(rewrite.set_cookie(value), expected) << value;
}

TEST(Rewrite, DomainsOfCookiesAboveTheInternalHostLeaveTheVirtualHostAlone) {
    struct DomainCase {
        std::string_view internal;
        std::string_view virtual_authority;
        std::string_view value;
        std::string_view expected;  // empty: stays
    };
    const DomainCase cases[] = {
        {"s4.corp.local", "erp.virtual:44300", "a=b; Domain=corp.local; Secure", "a=b; Secure"},
        {"s4.corp.local", "erp.virtual:44300", "a=b; path=/; domain=.CORP.local", "a=b; path=/"},
        {"app.s4.corp.local", "erp.virtual:443", "a=b; Domain=corp.local", "a=b"},
        // Siblings, children, strangers and public suffixes: no client takes them, here or there.
        {"s4.corp.local", "erp.virtual:44300", "a=b; Domain=s5.corp.local", ""},
        {"s4.corp.local", "erp.virtual:44300", "a=b; Domain=x.s4.corp.local", ""},
        {"s4.corp.local", "erp.virtual:44300", "a=b; Domain=orp.local", ""},
        {"s4.corp.local", "erp.virtual:44300", "a=b; Domain=example.com", ""},
        {"s4.corp.local", "erp.virtual:44300", "a=b; Domain=local", ""},
        // The virtual host lies in that domain too, or is the internal one.
        {"s4.corp.local", "erp.corp.local:443", "a=b; Domain=corp.local", ""},
        {"s4.corp.local", "corp.local:443", "a=b; Domain=corp.local", ""},
        {"s4.corp.local", "s4.corp.local:443", "a=b; Domain=s4.corp.local",
         "a=b; Domain=s4.corp.local"},
        // Addresses have no parents; a name without a dot is no domain.
        {"10.1.2.3", "erp.virtual:443", "a=b; Domain=2.3", ""},
        {"10.1.2.3", "erp.virtual:443", "a=b; Domain=10.1.2.3", "a=b; Domain=erp.virtual"},
        {"s4.corp.local", "erp:44300", "a=b; Domain=s4.corp.local; Path=/", "a=b; Path=/"},
    };
    for (const auto& test : cases) {
        const Rewrite rewrite(test.internal, 443, test.virtual_authority);
        EXPECT_EQ(rewrite.set_cookie(test.value), test.expected)
            << test.internal << " " << test.virtual_authority << " " << test.value;
    }
}

}  // namespace
}  // namespace sallyport::agent
