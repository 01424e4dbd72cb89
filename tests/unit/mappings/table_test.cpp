#include "mappings/table.hpp"

#include "base/error.hpp"
#include "mappings/path_readings.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

Rule below(std::string path) { return {.path = std::move(path), .match = Match::subpaths}; }
Rule exactly(std::string path) { return {.path = std::move(path)}; }

Table table_with(std::vector<Rule> rules) {
    Mapping mapping{.virtual_host = *VirtualHost::parse("erp.virtual:44300"),
                    .internal = {Protocol::https, "s4.corp.local", {44300}}};
    mapping.rules = std::move(rules);
    std::vector<Mapping> mappings;
    mappings.push_back(std::move(mapping));
    return *Table::create(std::move(mappings));
}

Denial ask(const Table& table, std::string_view target, std::string_view method = "GET",
           std::vector<std::string_view> overrides = {}, bool upgrade = false) {
    return table
        .decide({.authority = "erp.virtual:44300",
                 .target = target,
                 .method = method,
                 .method_overrides = overrides,
                 .upgrade = upgrade},
                {})
        .denial;
}

TEST(Table, DeniesByDefault) {
    const Table empty;
    EXPECT_EQ(ask(empty, "/"), Denial::system_not_exposed);
    EXPECT_EQ(ask(table_with({}), "/"), Denial::resource_not_exposed);
}

TEST(Table, FindsAMappingWhateverTheSpellingOfItsName) {
    const auto table = table_with({below("/")});
    for (const char* name : {"erp.virtual:44300", "ERP.Virtual:44300"})
        EXPECT_NE(table.find(name), nullptr) << name;
    EXPECT_EQ(table.find("erp.virtual:044300"), nullptr);
    EXPECT_EQ(table.find("erp.virtual"), nullptr);
    EXPECT_EQ(table.find(""), nullptr);
    EXPECT_EQ(table.find(std::string(5'000, 'a')), nullptr);
}

TEST(Table, WholeSegmentsAndNeverABareStringPrefix) {
    const auto table = table_with({below("/sap/opu/odata/")});
    for (const char* target :
         {"/sap/opu/odata", "/sap/opu/odata/", "/sap/opu/odata/X", "/sap/opu/odata/X?a=/../b"})
        EXPECT_EQ(ask(table, target), Denial::none) << target;
    for (const char* target :
         {"/sap/opu/odatax", "/sap/opu/odata-plus/X", "/sap/opu", "/", "/SAP/opu/odata/"})
        EXPECT_EQ(ask(table, target), Denial::resource_not_exposed) << target;
}

TEST(Table, ExactMeansThisPathInEveryReading) {
    const auto table = table_with({exactly("/a/b")});
    EXPECT_EQ(ask(table, "/a/b"), Denial::none);
    EXPECT_EQ(ask(table, "/a/b?x=1"), Denial::none);
    for (const char* target :
         {"/a/b/", "/a%2Fb", "/a/%62", "/a/b;v=1", "/a//b", "/a/b%3Bx", "/a/b%20"})
        EXPECT_EQ(ask(table, target), Denial::resource_not_exposed) << target;
}

TEST(Table, RealUrlsOfODataClientsPassBelowASubpathsRule) {
    const auto table = table_with({below("/sap/")});
    for (const char* target : {"/sap/opu/odata/sap/API/Set('a%2Fb')",
                               "/sap/opu/odata/sap/SRV;v=2/Set",
                               "/sap/(bD1l)/bc/",
                               "/sap/x/Set(1)/$value",
                               "/sap/x/$metadata",
                               "/sap/x/Set(Name='M%C3%BCller',Date=2024-01-01)",
                               "/sap/x/Set('O''Neil')",
                               "/sap/x/Set('a%20b')?$filter=Name%20eq%20'x'",
                               "/sap/x;a=1;b=2/y;c=3",
                               "/sap/x/Set('100%25')",
                               "/sap/x/Set('%2525')",
                               "/sap/x//y",
                               "/sap/x/...",
                               "/sap/x/a..b",
                               "/sap/x/Set(guid'0050568D-393C-1ED4-9D97-E65F0F3FCC23')",
                               "/sap/x/@odata.id",
                               "/sap/x/Set('%FC')",
                               "/sap/x/Set('%E2%82%AC%F0%9F%98%80')",
                               "/sap/x/Set('a%23b%3Fc')",
                               "/sap/x/Set('%C3%80')",
                               "/sap/x/Set('a%3Bb')",
                               "/sap/x/a|b",
                               "/sap/x/.well-known",
                               "/sap/x/100%25.pdf",
                               "/sap/x/%25",
                               "/sap/x/Set('..%2E')"})
        EXPECT_EQ(ask(table, target), Denial::none) << target;
    EXPECT_EQ(ask(table_with({below("/sap(bD1l)/bc/")}), "/sap(bD1l)/bc/gui"), Denial::none);
}

TEST(Table, TheSameRuleMustAllowEveryReading) {
    // Two rules that each allow some readings do not add up.
    EXPECT_EQ(ask(table_with({below("/a"), below("/b")}), "/a;x/%62"),
              Denial::resource_not_exposed);
    EXPECT_EQ(ask(table_with({below("/a")}), "/a%2Fb"), Denial::resource_not_exposed);
    EXPECT_EQ(ask(table_with({below("/a/b")}), "/a/b%2Fc"), Denial::resource_not_exposed);
    EXPECT_EQ(ask(table_with({below("/a")}), "/a/b%2Fc"), Denial::none);
    EXPECT_EQ(ask(table_with({below("/a")}), "/a;x=1/b"), Denial::resource_not_exposed);
    EXPECT_EQ(ask(table_with({below("/a")}), "//a/b"), Denial::resource_not_exposed);
    EXPECT_EQ(ask(table_with({below("/a")}), "/%61/b"), Denial::resource_not_exposed);
    EXPECT_EQ(ask(table_with({below("/a")}), "/a/%2562"), Denial::none);
}

TEST(Table, AlwaysRefusesWhatCanLeaveASubtreeOrEndAString) {
    const auto table = table_with({below("/")});
    for (const char* target : {"",
                               "*",
                               "a/b",
                               "?x",
                               "/..",
                               "/.",
                               "/a/../b",
                               "/a/./b",
                               "/a/..",
                               "/%2e%2e/x",
                               "/%2E./x",
                               "/.%2e",
                               "/a/%252e%252e/b",
                               "/a%2f..%2fb",
                               "/a%252f..%252fb",
                               "/..;/x",
                               "/a/..;v=1/b",
                               "/a/.;/b",
                               "/a/%2e%2e;x/b",
                               "/a/..%3Bx/b",
                               "/a/..%253Bx/b",
                               "/a\\b",
                               "/a%5Cb",
                               "/a%255cb",
                               "/a%00b",
                               "/a%2500",
                               "/a%0d%0a",
                               "/a%250A",
                               "/a%7f",
                               "/a%01b",
                               "/a%2501",
                               "/a%",
                               "/a%2",
                               "/a%zz",
                               "/a%2g",
                               "/a b",
                               "/a#b",
                               "/a/b#/../c",
                               "/a/%c0%ae%c0%ae/b",
                               "/a/..%c0%af",
                               "/a/%c0%2e%c0%2e/",
                               "/a%e0%80%af..",
                               "/a%f0%80%80%af",
                               "/a%f8%80%80%80%ae",
                               "/a%fc%80%80%80%80%ae",
                               "/a/%25c0%25ae/b",
                               "/a/..%3Fx/b",
                               "/a/..%23x/b",
                               "/a/..%253Fx/b",
                               "/a/..%20/b",
                               "/a/..%20;x/b",
                               "/a%2f%2e%2e",
                               "/a;%2f../b",
                               "/a;x=%2f..%2fb",
                               "//..//a",
                               "/a/%252e./b",
                               "/a/%2e%252e;x/b",
                               "/a%25%35%63b",
                               "/a\tb",
                               "/a\x7f",
                               "/a\x80",
                               "/\xc3\xbc",
                               "/a%u002e"})
        EXPECT_EQ(ask(table, target), Denial::malformed) << target;
}

TEST(Table, TheQueryIsNeverJudged) {
    const auto table = table_with({below("/a")});
    EXPECT_EQ(ask(table, "/a/b?/../../etc&x=%00"), Denial::none);
}

TEST(Table, MethodsAreCaseSensitiveAndAllByDefault) {
    EXPECT_EQ(ask(table_with({below("/")}), "/x", "PROPFIND"), Denial::none);
    auto rule = below("/");
    rule.methods = {"GET", "POST"};
    const auto table = table_with({rule});
    EXPECT_EQ(ask(table, "/x", "GET"), Denial::none);
    EXPECT_EQ(ask(table, "/x", "get"), Denial::method_not_allowed);
    EXPECT_EQ(ask(table, "/x", "DELETE"), Denial::method_not_allowed);
    EXPECT_EQ(ask(table, "/x", "G T"), Denial::malformed);
    EXPECT_EQ(ask(table, "/x", ""), Denial::malformed);
}

TEST(Table, AnOverrideHeaderNamesASecondMethodThatMustBeAllowedToo) {
    auto rule = below("/");
    rule.methods = {"GET", "POST", "MERGE"};
    const auto table = table_with({rule});
    EXPECT_EQ(ask(table, "/x", "POST", {"MERGE"}), Denial::none);
    EXPECT_EQ(ask(table, "/x", "POST", {"MERGE", "MERGE"}), Denial::none);
    EXPECT_EQ(ask(table, "/x", "POST", {"DELETE"}), Denial::method_not_allowed);
    EXPECT_EQ(ask(table, "/x", "POST", {"MERGE", "DELETE"}), Denial::malformed);
    EXPECT_EQ(ask(table, "/x", "POST", {"merge", "MERGE"}), Denial::malformed);
    EXPECT_EQ(ask(table, "/x", "POST", {""}), Denial::malformed);
    EXPECT_EQ(ask(table, "/x", "GET", {"POST"}), Denial::malformed);
    // A back end that does not know the header would do what was sent.
    rule.methods = {"GET"};
    EXPECT_EQ(ask(table_with({rule}), "/x", "POST", {"GET"}), Denial::method_not_allowed);
}

TEST(Table, BatchNeedsItsOwnPermission) {
    const auto closed = table_with({below("/sap")});
    auto rule = below("/sap");
    rule.batch = true;
    const auto open = table_with({rule});
    for (const char* target :
         {"/sap/S/$batch", "/sap/S/$batch?x", "/sap/S/%24batch", "/sap/S/$batch/",
          "/sap/S/$batch;v=1", "/sap/S/$BATCH", "/sap/S/%2524batch", "/sap/S%2F$batch",
          "/sap/S/$batch%3Bx", "/sap/S/$batch//", "/sap/S/$batch/;x", "/sap/S/$batch;v=1/x",
          "/sap/S/$batch%3Fx", "/sap/S/$batch%23/x", "/sap/S/$batch%20", "/sap/S/%24%62atch",
          "/sap/S/;x/$batch;a;b", "/sap/S%252F$batch"}) {
        EXPECT_EQ(ask(closed, target, "POST"), Denial::batch_not_allowed) << target;
        EXPECT_EQ(ask(open, target, "POST"), Denial::none) << target;
    }
    for (const char* target : {"/sap/S/$batchx", "/sap/S/a$batch", "/sap/S/Set('$batch')",
                               "/sap/S/x?$batch", "/sap/S/$metadata"})
        EXPECT_EQ(ask(closed, target, "POST"), Denial::none) << target;
}

TEST(Table, UpgradeNeedsItsOwnPermission) {
    auto rule = below("/");
    EXPECT_EQ(ask(table_with({rule}), "/ws", "GET", {}, true), Denial::upgrade_not_allowed);
    rule.upgrade = true;
    EXPECT_EQ(ask(table_with({rule}), "/ws", "GET", {}, true), Denial::none);
}

TEST(Table, ADisabledRuleAllowsNothing) {
    auto rule = below("/");
    rule.enabled = false;
    EXPECT_EQ(ask(table_with({rule}), "/x"), Denial::resource_not_exposed);
}

TEST(Table, TheFirstRuleThatAllowsIsNamed) {
    auto get = below("/a");
    get.methods = {"GET"};
    const auto table = table_with({get, below("/a/b")});
    const auto decision =
        table.decide({.authority = "erp.virtual:44300", .target = "/a/b/c", .method = "POST"}, {});
    ASSERT_TRUE(decision.allowed());
    EXPECT_EQ(decision.rule_number, 2u);
}

TEST(Table, AMappingForAnotherHubDoesNotExist) {
    Mapping mapping{.virtual_host = *VirtualHost::parse("h:80"),
                    .internal = {Protocol::http, "i", {80}},
                    .hub = "prod"};
    mapping.rules = {below("/")};
    const auto table = *Table::create({mapping});
    EXPECT_TRUE(table.decide({.authority = "h", .target = "/", .method = "GET", .hub = "prod"}, {})
                    .allowed());
    EXPECT_EQ(
        table.decide({.authority = "h", .target = "/", .method = "GET", .hub = "test"}, {}).denial,
        Denial::system_not_exposed);
}

TEST(Table, RefusesTwoMappingsOfOneNameAndRulesThatReadInTwoWays) {
    const Mapping mapping{.virtual_host = *VirtualHost::parse("h:80"),
                          .internal = {Protocol::http, "i", {80}}};
    EXPECT_EQ(Table::create({mapping, mapping}).error().code, Errc::conflict);
    for (const char* path : {"", "a", "/a//b", "/a/../b", "/a%20", "/a;b", "/a?b", "/a/."}) {
        auto wrong = mapping;
        wrong.rules = {below(path)};
        EXPECT_EQ(Table::create({wrong}).error().code, Errc::malformed) << path;
    }
}

TEST(Table, AStreamIsAllowedByItsMapping) {
    const Mapping ports{.virtual_host = *VirtualHost::parse("db.virtual:6430"),
                        .internal = {Protocol::tcp, "db.corp", {5430, 10}},
                        .hub = "prod"};
    Mapping web{.virtual_host = *VirtualHost::parse("erp.virtual:443"),
                .internal = {Protocol::https, "i", {443}}};
    web.rules = {below("/")};
    const auto table = *Table::create({ports, web});
    const auto stream = [&](std::string_view authority, std::string_view hub = "prod") {
        return table.decide(
            {.authority = authority, .target = {}, .method = "CONNECT", .stream = true, .hub = hub},
            {});
    };
    const std::pair<const char*, std::uint16_t> allowed[] = {
        {"db.virtual:6430", 5430}, {"DB.virtual:6431", 5431}, {"db.virtual:06439", 5439}};
    for (const auto& [authority, port] : allowed) {
        EXPECT_TRUE(stream(authority).allowed()) << authority;
        EXPECT_EQ(stream(authority).internal_port, port);
        EXPECT_EQ(stream(authority).rule, nullptr);
    }
    for (const char* authority : {"db.virtual:6429", "db.virtual:6440", "db.virtual",
                                  "db.corp:5430", "x:1", "", ":", "a b:1"})
        EXPECT_EQ(stream(authority).denial, Denial::system_not_exposed) << authority;
    EXPECT_EQ(stream("db.virtual:6430", "test").denial, Denial::system_not_exposed);
    EXPECT_EQ(stream("erp.virtual:443").denial, Denial::not_a_stream);
    const Access request{.authority = "db.virtual:6430", .target = "/", .method = "GET"};
    EXPECT_EQ(table.decide(request, {}).denial, Denial::only_a_stream);
    EXPECT_EQ(
        denial_text(table.decide(request, {}), request),
        "Access denied to system db.virtual:6430. It is exposed for TCP streams (SOCKS5), not "
        "for HTTP requests.");
    auto twice = ports;
    twice.virtual_host = *VirtualHost::parse("db.virtual:6439");
    EXPECT_EQ(Table::create({ports, twice}).error().code, Errc::conflict);
}

TEST(Table, SpeaksOfDenialsAsToolsExpect) {
    const auto table = table_with({below("/a")});
    const Access elsewhere{.authority = "x:1", .target = "/", .method = "GET"};
    EXPECT_EQ(denial_text(table.decide(elsewhere, {}), elsewhere),
              "Access denied to system x:1. In case this was a valid request, ensure to expose the "
              "system correctly in your cloud connector.");
    const Access below_nothing{.authority = "erp.virtual:44300", .target = "/b?q", .method = "GET"};
    EXPECT_EQ(denial_text(table.decide(below_nothing, {}), below_nothing),
              "Access denied to resource /b on system erp.virtual:44300. In case this was a valid "
              "request, ensure to expose the resource correctly in your cloud connector.");
}

TEST(Table, DenialsNameThePortThatTheClientLeftOut) {
    const Access access{.authority = "ERP", .target = "/", .method = "GET"};
    EXPECT_EQ(denial_text(Table().decide(access, {}), access).substr(0, 34),
              "Access denied to system erp:80. In");
}

TEST(Table, DenialsNameBothMethodsOfAnOverride) {
    auto rule = below("/");
    rule.methods = {"GET"};
    const auto table = table_with({rule});
    const std::string_view overrides[] = {"MERGE"};
    const Access access{.authority = "erp.virtual:44300",
                        .target = "/a?secret",
                        .method = "POST",
                        .method_overrides = overrides};
    const auto decision = table.decide(access, {});
    EXPECT_EQ(decision.effective_method, "MERGE");
    EXPECT_EQ(denial_text(decision, access),
              "Access denied to resource /a on system erp.virtual:44300. Its rule does not allow "
              "the method POST that stands for MERGE.");
}

TEST(Table, DenialsOfUnclearRequestsSayWhatIsUnclear) {
    const auto table = table_with({below("/")});
    const Access access{.authority = "erp.virtual:44300", .target = "/a/../b", .method = "GET"};
    EXPECT_EQ(denial_text(table.decide(access, {}), access),
              "The path has a dot segment. Not every system would read this request in the same "
              "way, so it was not forwarded.");
}

std::vector<std::string> readings_of(std::string_view target) {
    std::vector<std::string> all;
    (void)PathReadings::of(target)->all([&](std::string_view path) {
        all.emplace_back(path);
        return true;
    });
    return all;
}

TEST(PathReadings, AreAllTheWaysOfTheDesign) {
    using testing::Contains;
    const auto all = readings_of("/a%252Fb;v=2//c%2fd");
    for (const char* reading :
         {"/a%252Fb;v=2//c%2fd", "/a%2Fb;v=2//c/d",
          "/a%2Fb;v=2//c\x01"
          "d",
          "/a/b;v=2//c/d",
          "/a\x01"
          "b;v=2//c/d",
          "/a%252Fb//c%2fd", "/a%2Fb//c/d", "/a/b//c/d", "/a/b/c/d", "/a%252Fb;v=2/c%2fd",
          "/a\x01"
          "b/c\x01"
          "d"})
        EXPECT_THAT(all, Contains(reading));
}

TEST(PathReadings, WhatIsNoEscapeAfterTheFirstTimeStaysAsItIs) {
    EXPECT_THAT(readings_of("/100%25"), testing::ElementsAre("/100%25", "/100%"));
    EXPECT_THAT(readings_of("/%252"), testing::ElementsAre("/%252", "/%2"));
    EXPECT_THAT(readings_of("/%25%34%31"),
                testing::UnorderedElementsAre("/%25%34%31", "/%41", "/A"));
}

TEST(PathReadings, APlainPathReadsOneWay) {
    int readings = 0;
    EXPECT_TRUE(PathReadings::of("/a/b?%zz")->all([&](std::string_view path) {
        ++readings;
        return path == "/a/b";
    }));
    EXPECT_EQ(readings, 1);
}

TEST(PathReadings, IsBoundedInLength) {
    EXPECT_TRUE(PathReadings::of("/" + std::string(PathReadings::path_bytes_max - 1, 'a')));
    EXPECT_FALSE(PathReadings::of("/" + std::string(PathReadings::path_bytes_max, 'a')));
}

TEST(VirtualHost, IsLowerCasedSoThatLookUpsAgree) {
    const auto host = VirtualHost::parse("ERP.Corp:44300");
    ASSERT_TRUE(host);
    EXPECT_EQ(host->text(), "erp.corp:44300");
    EXPECT_EQ(VirtualHost::parse("abap.virtual:sapgw42")->port(), 3342);
    EXPECT_EQ(VirtualHost::parse("abap.virtual:SAPGW00s")->port(), 4800);
    EXPECT_EQ(VirtualHost::from_authority("h")->text(), "h:80");
}

TEST(VirtualHost, RefusesWhatIsNotHostColonPort) {
    for (const char* text :
         {"", ":", "erp", "erp:", ":443", "erp:0", "erp:65536", "erp:44x", "er p:1", "[::1]:443",
          "erp:sapgw1", "erp:sapgw123", "erp:123456", "a:b:1"})
        EXPECT_EQ(VirtualHost::parse(text).error().code, Errc::malformed) << text;
}

}  // namespace
}  // namespace sallyport::mappings
