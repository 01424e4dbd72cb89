#include "certs/subject_rules.hpp"

#include "base/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace sallyport::certs {
namespace {

namespace json = boost::json;
using Kind = SubjectCondition::Kind;

json::object claims_of(std::string_view text) { return json::parse(text).as_object(); }

/// "2 CN=jane", or "! why".
std::string applied(const std::vector<SubjectRule>& rules, std::string_view text,
                    UserType type = UserType::business) {
    const auto made = SubjectRules::create(rules);
    if (!made) return "!! " + made.error().detail;
    const auto match = made->apply(type, claims_of(text));
    if (!match) return "! " + match.error().detail;
    return std::to_string(match->rule) + " " + match->subject.text();
}

std::string filled(std::string_view pattern, std::string_view text,
                   UserType type = UserType::business) {
    return applied({{{}, std::string(pattern)}}, text, type);
}

TEST(SubjectVariables, NameIsTheFirstClaimThatSaysWhoABusinessUserIs) {
    struct Case {
        const char* claims;
        const char* name;
    };
    for (const auto& [text, name] : {
             Case{R"({"sub":"5","user_uuid":"4","mail":"3","email":"2","user_name":"1"})", "1"},
             Case{R"({"sub":"5","user_uuid":"4","mail":"3","email":"2"})", "2"},
             Case{R"({"sub":"5","user_uuid":"4","mail":"3"})", "3"},
             Case{R"({"sub":"5","user_uuid":"4"})", "4"},
             Case{R"({"sub":"5","client_id":"c"})", "5"},
             Case{R"({"sub":"5","user_name":""})", "5"},
         })
        EXPECT_EQ(filled("CN=${name}", text), std::string("1 CN=") + name);
}

TEST(SubjectVariables, NameOfATechnicalUserIsItsClient) {
    const auto name = [](std::string_view text) {
        return filled("CN=${name}", text, UserType::technical);
    };
    EXPECT_EQ(name(R"({"azp":"4","sub":"3","cid":"2","client_id":"1","user_name":"x"})"), "1 CN=1");
    EXPECT_EQ(name(R"({"azp":"4","sub":"3","cid":"2"})"), "1 CN=2");
    EXPECT_EQ(name(R"({"azp":"4","sub":"3"})"), "1 CN=3");
    EXPECT_EQ(name(R"({"azp":"4"})"), "1 CN=4");
}

TEST(SubjectVariables, AnAttributeOfTheUserCannotChangeWhoHeIs) {
    EXPECT_EQ(
        filled("CN=${name}", R"({"user_name":"jane","xs.user.attributes":{"user_name":["root"]}})"),
        "1 CN=jane");
    EXPECT_EQ(filled("CN=${user_type}",
                     R"({"user_type":"Technical","xs.user.attributes":{"user_type":"x"}})"),
              "1 CN=Business");
}

TEST(SubjectVariables, AttributesWinOverTheRootWhichCpReads) {
    const auto* text =
        R"({"cost_center":"root","n":7,"b":true,"xs.user.attributes":{"cost_center":["4711"]}})";
    EXPECT_EQ(filled("OU=${cost_center},O=${cp.cost_center},L=${n},ST=${b}", text),
              "1 OU=4711,O=root,L=7,ST=true");
    EXPECT_EQ(filled("CN=${a}", R"({"a":"root","xs.user.attributes":{"a":[""]}})"), "1 CN=root");
    EXPECT_EQ(filled("CN=${a}", R"({"a":"root","xs.user.attributes":["a"]})"), "1 CN=root");
}

TEST(SubjectVariables, MailAndEmailStandInForEachOther) {
    EXPECT_EQ(filled("CN=${mail}", R"({"email":"e@x","sub":"s"})"), "1 CN=e@x");
    EXPECT_EQ(filled("CN=${email}", R"({"mail":"m@x","sub":"s"})"), "1 CN=m@x");
    EXPECT_EQ(filled("CN=${mail},OU=${email}", R"({"mail":"m@x","email":"e@x"})"),
              "1 CN=m@x,OU=e@x");
}

TEST(SubjectRules, WithoutARuleTheNameIsTheCommonName) {
    EXPECT_EQ(applied({}, R"({"user_name":"jane"})"), "0 CN=jane");
    EXPECT_EQ(applied({}, R"({"other":1})"),
              "! the default subject rule fits this user, but ${name} is missing in the token");
}

TEST(SubjectRules, TheFirstThatFitsDecides) {
    const std::vector<SubjectRule> rules = {
        {{{"user_type", Kind::is, "Technical"}}, "CN=${client_id},OU=Technical"},
        {{{"mail", Kind::exists, ""}, {"origin", Kind::is_not, "guests"}}, "CN=${name},OU=${mail}"},
        {{{"origin", Kind::missing, ""}}, "CN=${name},OU=nowhere"}};
    EXPECT_EQ(applied(rules, R"({"client_id":"sb-app!t1"})", UserType::technical),
              "1 CN=sb-app!t1,OU=Technical");
    EXPECT_EQ(applied(rules, R"({"user_name":"jane","mail":"j@x","origin":"ldap"})"),
              "2 CN=jane,OU=j@x");
    EXPECT_EQ(applied(rules, R"({"user_name":"jane","mail":"j@x"})"), "3 CN=jane,OU=nowhere");
    EXPECT_EQ(applied(rules, R"({"user_name":"jane","mail":"j@x","origin":"guests"})"),
              "! no rule of [principal] subject fits this user: add a last one without `when`");
}

TEST(SubjectRules, ListsAreEachOfTheirValues) {
    const auto* text = R"({"sub":"s","groups":["a","b"],"one":["x"],"none":[]})";
    const auto fits = [&](SubjectCondition condition) {
        return applied({{{std::move(condition)}, "CN=${name}"}}, text) == "1 CN=s";
    };
    EXPECT_TRUE(fits({"groups", Kind::is, "b"}));
    EXPECT_FALSE(fits({"groups", Kind::is, "c"}));
    EXPECT_FALSE(fits({"groups", Kind::is_not, "b"}));
    EXPECT_TRUE(fits({"groups", Kind::is_not, "c"}));
    EXPECT_TRUE(fits({"none", Kind::missing, ""}));
    EXPECT_FALSE(fits({"none", Kind::exists, ""}));
    EXPECT_EQ(filled("CN=${one}", text), "1 CN=x");
    EXPECT_EQ(filled("CN=${groups}", text),
              "! rule 1 of [principal] subject fits this user, but ${groups} has several values");
}

TEST(SubjectRules, OfALongListNoValueIsPassedOver) {
    std::string groups;
    for (int i = 0; i < 1000; ++i) groups += "\"g" + std::to_string(i) + "\",";
    const auto text = R"({"sub":"s","groups":[)" + groups + R"("contractors"]})";
    const std::vector<SubjectRule> rules = {
        {{{"groups", Kind::is_not, "contractors"}}, "CN=${name},OU=staff"}, {{}, "CN=${name}"}};
    EXPECT_EQ(applied(rules, text), "2 CN=s");
}

TEST(SubjectRules, AMissingClaimNeverFallsThroughToALaxerRule) {
    EXPECT_EQ(applied({{{}, "CN=${name},OU=${department}"}, {{}, "CN=${name}"}}, R"({"sub":"s"})"),
              "! rule 1 of [principal] subject fits this user, but ${department} is missing in the "
              "token");
}

TEST(SubjectRules, NoClaimInjectsAPart) {
    EXPECT_EQ(filled("CN=${name},OU=staff", R"({"user_name":"jane,OU=admins"})"),
              "1 CN=jane\\,OU\\=admins,OU=staff");
    EXPECT_EQ(filled("CN=${name}", R"({"user_name":"${mail}","mail":"x"})"), "1 CN=${mail}");
    EXPECT_EQ(filled("CN=${name}", R"({"user_name":"a\u0000b"})").front(), '!');
    EXPECT_EQ(filled("CN=${name}", R"({"user_name":"a\nb"})").front(), '!');
    EXPECT_EQ(filled("CN=${name}", R"({"user_name":"jane "})").front(), '!');
}

TEST(SubjectPattern, JoinsTextAndVariables) {
    const auto* text = R"({"user_name":"jane","origin":"ldap"})";
    EXPECT_EQ(filled("CN=${origin}\\, ${name} x , O=A & B", text), "1 CN=ldap\\, jane x,O=A & B");
    EXPECT_EQ(filled("e=${name}@corp.example", text), "1 EMAIL=jane@corp.example");
    EXPECT_EQ(filled("CN=a$b\\${name}", text), "1 CN=a$b${name}");
    EXPECT_EQ(filled("CN=a=b", text), "1 CN=a\\=b");
}

TEST(SubjectPattern, WhatIsNotOneIsRefusedWhenItIsRead) {
    for (const std::string_view pattern :
         {"",          "CN",         "CN=",       "=x",          "CN=${name",
          "CN=${}",    "CN=${cp.}",  "CN=${a b}", "CN=${a${b}}", "DC=corp",
          "CN=a+OU=b", "CN=\"a\"",   "CN=#0401",  "CN=a\\",      "CN=a\\41",
          "CN=a,",     "CN=a,,OU=b", "C=DEU",     "CN=a;OU=b",   "CN=a  b"})
        EXPECT_FALSE(SubjectPattern::parse(pattern)) << pattern;
    EXPECT_EQ(SubjectPattern::parse(std::string(1100, 'x')).error().code, Errc::limit);
    EXPECT_EQ(applied({{{}, "CN=${name}"}, {{}, "X=1"}}, "{}").substr(0, 11), "!! rule 2: ");
}

}  // namespace
}  // namespace sallyport::certs
