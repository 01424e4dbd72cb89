#include "certs/principal.hpp"

#include "certs/token.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

boost::json::object claims_in(std::string_view text) {
    return boost::json::parse(text).as_object();
}

TEST(Principal, AnApplicationsTokenIsToldFromAUsers) {
    const std::pair<const char*, UserType> cases[] = {
        {R"({"sub":"u"})", UserType::business},
        {R"({"sub":"u","client_id":"app","azp":"app"})", UserType::business},
        {R"({"sub":"app","client_id":"app"})", UserType::technical},
        {R"({"sub":"app","azp":"app"})", UserType::technical},
        {R"({"sub":"app","cid":"app"})", UserType::technical},
        {R"({"sub":"x","grant_type":"client_credentials"})", UserType::technical},
        {R"({"sub":"x","idtyp":"app"})", UserType::technical},
        {R"({"sub":"x","idtyp":"user"})", UserType::business},
        // What only a person has decides, whatever else is said.
        {R"({"sub":"app","client_id":"app","user_name":"jane"})", UserType::business},
        {R"({"sub":"x","grant_type":"client_credentials","email":"j@x"})", UserType::business},
        {R"({"sub":"x","grant_type":"client_credentials","user_id":null})", UserType::business},
    };
    for (const auto& [text, type] : cases) {
        EXPECT_EQ(user_type_of(claims_in(text)), type) << text;
        const auto other = type == UserType::technical ? UserType::business : UserType::technical;
        EXPECT_TRUE(principal_of(type, claims_in(text))) << text;
        EXPECT_EQ(principal_of(other, claims_in(text)).error().code, TokenFault::user_type) << text;
    }
}

TEST(Principal, NeedsASubject) {
    for (const char* text : {R"({})", R"({"sub":""})", R"({"sub":1})", R"({"sub":["u"]})"})
        EXPECT_EQ(principal_of(UserType::business, claims_in(text)).error().code,
                  TokenFault::malformed)
            << text;
}

TEST(Principal, IdentityIsIssuerSubjectAndKindTogether) {
    const auto id = [](const char* text) {
        const auto read = claims_in(text);
        return (*principal_of(user_type_of(read), read))->id;
    };
    const auto jane = id(R"({"iss":"i","sub":"u","user_name":"jane","roles":["a"]})");
    EXPECT_EQ(jane.size(), 64u);
    EXPECT_EQ(id(R"({"iss":"i","sub":"u","user_name":"john"})"), jane);
    EXPECT_NE(id(R"({"iss":"i","sub":"v","user_name":"jane"})"), jane);
    EXPECT_NE(id(R"({"iss":"j","sub":"u","user_name":"jane"})"), jane);
    EXPECT_NE(id(R"({"iss":"i","sub":"u","idtyp":"app"})"), jane);
    // The border between issuer and subject cannot be moved.
    EXPECT_NE(id(R"({"iss":"a:1:b","sub":"c"})"), id(R"({"iss":"a","sub":"b:1:c"})"));
}

TEST(Principal, IsCalledAsSubjectRulesCallHim) {
    const auto name = [](UserType type, const char* text) {
        return (*principal_of(type, claims_in(text)))->name;
    };
    EXPECT_EQ(name(UserType::business, R"({"sub":"u","email":"j@x","user_name":"jane"})"), "jane");
    EXPECT_EQ(name(UserType::business, R"({"sub":"u","email":"j@x"})"), "j@x");
    EXPECT_EQ(name(UserType::business, R"({"sub":"u"})"), "u");
    EXPECT_EQ(name(UserType::technical, R"({"sub":"o","client_id":"app","idtyp":"app"})"), "app");
}

}  // namespace
}  // namespace sallyport::certs
