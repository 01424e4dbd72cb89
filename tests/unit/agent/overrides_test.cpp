#include "agent/overrides.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::agent {
namespace {

using testing::HasSubstr;

const auto midday = *mappings::parse_moment("2026-06-01T12:00:00Z");

mappings::Mapping made(const char* name) {
    return {.virtual_host = *mappings::VirtualHost::parse(name),
            .internal = *mappings::parse_internal_host("http://s4.corp:80")};
}

Override asked(std::string_view body, const Override* before = nullptr) {
    const auto request = OverrideRequest::parse(body);
    EXPECT_TRUE(request) << request.error().detail;
    return request ? request->applied_to(before) : Override();
}

TEST(Overrides, ChangeWhatTheFilesSayAndNothingElse) {
    Overrides overrides;
    ASSERT_TRUE(overrides.change("a:1", {.enabled = false, .who = "uid:1", .since = midday}));
    ASSERT_TRUE(overrides.change("b:1", {.maintenance = true, .who = "uid:1", .since = midday}));
    ASSERT_TRUE(overrides.change("c:1", {.expires = std::optional(midday), .since = midday}));
    ASSERT_TRUE(overrides.change("gone:1", {.enabled = false, .since = midday}));
    std::vector<mappings::Mapping> written{made("a:1"), made("b:1"), made("c:1"), made("d:1")};
    written[3].expires = midday;
    const auto effective = overrides.applied_to(written);
    ASSERT_EQ(effective.size(), 4U);
    EXPECT_FALSE(effective[0].enabled);
    EXPECT_TRUE(effective[1].maintenance);
    EXPECT_EQ(effective[2].expires, midday);
    EXPECT_EQ(effective[3], written[3]);
    auto others = effective[0];
    others.enabled = true;
    EXPECT_EQ(others, written[0]);
}

TEST(Overrides, MayTakeAnEndAway) {
    Overrides overrides;
    auto written = made("a:1");
    written.expires = midday;
    ASSERT_TRUE(overrides.change("a:1", asked(R"({"virtual":"a:1","expires":"never"})")));
    EXPECT_FALSE(overrides.applied_to(std::span(&written, 1))[0].expires);
}

TEST(Overrides, RequestsAddUpAndNullTakesBack) {
    auto one = asked(R"({"virtual":"a:1","enabled":false,"maintenance":true})");
    EXPECT_EQ(one.text(), "disabled, maintenance on");
    one = asked(R"({"virtual":"a:1","expires":"2026-06-01T12:00:00Z","enabled":null})", &one);
    EXPECT_EQ(one.text(), "maintenance on, expires at 2026-06-01T12:00:00Z");
    one = asked(R"({"virtual":"a:1","maintenance":null,"expires":null})", &one);
    EXPECT_TRUE(one.says_nothing());
    Overrides overrides;
    ASSERT_TRUE(overrides.change("a:1", {.enabled = true}));
    ASSERT_TRUE(overrides.change("a:1", one));
    EXPECT_TRUE(overrides.empty());
}

TEST(Overrides, RefuseRequestsThatAreNotClear) {
    for (const char* body :
         {"", "{}", "[]", "null", R"({"virtual":"a:1"})", R"({"enabled":true})",
          R"({"virtual":1,"enabled":true})", R"({"virtual":"a:1","enabled":"yes"})",
          R"({"virtual":"a:1","enabled":1})", R"({"virtual":"a:1","enabled":true,"enabled":false})",
          R"({"virtual":"a:1","expires":"tomorrow"})", R"({"virtual":"a:1","expires":1})",
          R"({"virtual":"a:1","expires":""})", R"({"virtual":"a:1","enable":true})"}) {
        const auto request = OverrideRequest::parse(body);
        ASSERT_FALSE(request) << body;
        EXPECT_FALSE(request.error().detail.empty()) << body;
    }
}

TEST(Overrides, OutliveTheProcessInAFileOfTheirOwn) {
    const std::filesystem::path folder(testing::TempDir());
    const auto file = folder / "overrides_test.json";
    std::filesystem::remove(file);
    ASSERT_TRUE(Overrides::load(file));
    EXPECT_TRUE(Overrides::load(file)->empty());
    Overrides overrides;
    ASSERT_TRUE(overrides.change("a:1", {.enabled = true, .who = "uid:0", .since = midday}));
    ASSERT_TRUE(overrides.change("b:1-2", {.maintenance = false,
                                           .expires = std::optional<mappings::Moment>(),
                                           .who = "uid:7",
                                           .since = midday}));
    ASSERT_TRUE(overrides.save(file));
    struct stat facts {};
    ASSERT_EQ(::stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
    const auto read = Overrides::load(file);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(read->text(), overrides.text());
    EXPECT_EQ(*read, overrides);
    EXPECT_EQ(read->find("a:1")->who, "uid:0");
    EXPECT_EQ(read->find("a:1")->since, midday);
    std::filesystem::remove(file);
}

TEST(Overrides, AFileThatIsNotWhatWasWrittenIsRefusedAsAWhole) {
    const auto entry = [](const char* members) {
        return std::string(R"({"version":1,"mappings":{"a:1":{)") + members + "}}}";
    };
    ASSERT_TRUE(
        Overrides::parse(entry(R"("who":"uid:0","since":"2026-06-01T12:00:00Z","enabled":false)")));
    for (const auto& text :
         {std::string(), std::string("{}"), std::string(R"({"version":2,"mappings":{}})"),
          std::string(R"({"version":1})"), std::string(R"({"version":1,"mappings":[]})"),
          std::string(R"({"version":1,"mappings":{},"more":1})"),
          std::string(R"({"version":1,"mappings":{"a:1":true}})"),
          std::string(R"({"version":1,"mappings":{"":{}}})"), entry(""),
          entry(R"("who":"uid:0","since":"2026-06-01T12:00:00Z")"),
          entry(R"("who":"uid:0","since":"yesterday","enabled":false)"),
          entry(R"("since":"2026-06-01T12:00:00Z","enabled":false)"),
          entry(R"("who":"uid:0","since":"2026-06-01T12:00:00Z","enabled":"false")"),
          entry(R"("who":"u","since":"2026-06-01T12:00:00Z","enabled":false,"x":1)"),
          entry(R"("who":"u","since":"2026-06-01T12:00:00Z","enabled":false,"enabled":true)"),
          entry(R"("who":"u","since":"2026-06-01T12:00:00Z","expires":"soon")"),
          std::string("{\"version\":1,\"mappings\":{\"") + std::string(301, 'a') +
              R"(":{"who":"u","since":"2026-06-01T12:00:00Z","enabled":false}}})"})
        EXPECT_FALSE(Overrides::parse(text)) << text;
    const std::filesystem::path folder(testing::TempDir());
    const auto file = folder / "broken_overrides_test.json";
    ASSERT_TRUE(replace_file(file, "{\"version\":1", 0600));
    const auto refused = Overrides::load(file);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().detail, HasSubstr(file.string()));
    EXPECT_THAT(refused.error().detail, HasSubstr("delete it"));
    std::filesystem::remove(file);
}

TEST(Overrides, OpenMoreIfAMappingIsOpenThatWasNotOrForLonger) {
    struct Case {
        Override before;
        Override after;
        bool more;
    };
    const auto later = midday + std::chrono::hours(1);
    for (const auto& one : std::initializer_list<Case>{
             {{}, {}, false},
             {{}, {.enabled = false}, false},
             {{.enabled = false}, {}, true},
             {{}, {.maintenance = true}, false},
             {{.maintenance = true}, {.enabled = false}, false},
             {{.maintenance = true}, {.maintenance = false}, true},
             {{}, {.expires = midday}, false},
             {{.expires = midday}, {.expires = later}, true},
             {{.expires = later}, {.expires = midday}, false},
             {{.expires = midday}, {}, true},
             {{.expires = midday}, {.enabled = false, .expires = later}, false},
         }) {
        const std::vector written{made("a:1"), made("b:1")};
        const auto with = [&](const Override& override) {
            auto mappings = written;
            if (override.enabled) mappings[1].enabled = *override.enabled;
            if (override.maintenance) mappings[1].maintenance = *override.maintenance;
            if (override.expires) mappings[1].expires = *override.expires;
            return mappings;
        };
        EXPECT_EQ(opens_more(with(one.before), with(one.after)), one.more)
            << one.before.text() << " -> " << one.after.text();
    }
    EXPECT_TRUE(opens_more({}, std::vector{made("a:1")}));
}

TEST(Overrides, SayTheSameWhoeverSaidIt) {
    Overrides one;
    Overrides other;
    ASSERT_TRUE(one.change("a:1", {.enabled = false, .who = "uid:0", .since = midday}));
    ASSERT_TRUE(other.change("a:1", {.enabled = false, .who = "uid:9"}));
    EXPECT_EQ(one, other);
    ASSERT_TRUE(other.change("a:1", {.enabled = true}));
    EXPECT_FALSE(one == other);
}

}  // namespace
}  // namespace sallyport::agent
