#include "mappings/exposure.hpp"

#include "mappings/table.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::mappings {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Moment noon = *parse_moment("2026-06-01T12:00:00Z");

Mapping made(std::string_view internal = "http://s4.corp:80") {
    return {.virtual_host = *VirtualHost::parse("erp.virtual:80"),
            .internal = *parse_internal_host(internal),
            .rules = {{.path = "/a"}}};
}

struct ExposureCase {
    const char* what;
    bool enabled = true;
    bool maintenance = false;
    std::optional<Moment> expires{};
    Closing closing = Closing::none;
    Denial denial = Denial::none;
};

const ExposureCase exposure_cases[] = {
    {"open", true, false, {}, Closing::none, Denial::none},
    {"open until later", true, false, noon + 1s, Closing::none, Denial::none},
    {"expired now", true, false, noon, Closing::expired, Denial::mapping_expired},
    {"expired before", true, false, noon - 1s, Closing::expired, Denial::mapping_expired},
    {"disabled", false, false, {}, Closing::disabled, Denial::mapping_disabled},
    {"disabled, though in time", false, false, noon + 1s, Closing::disabled,
     Denial::mapping_disabled},
    {"in maintenance", true, true, {}, Closing::maintenance, Denial::maintenance},
    {"in maintenance, until later", true, true, noon + 1s, Closing::maintenance,
     Denial::maintenance},
    {"in maintenance and expired", true, true, noon, Closing::expired, Denial::mapping_expired},
    {"in maintenance and disabled", false, true, {}, Closing::disabled, Denial::mapping_disabled},
};

TEST(Exposure, AMappingIsClosedForTheReasonThatSaysLeast) {
    for (const auto& one : exposure_cases)
        for (const char* internal : {"http://s4.corp:80", "tcp://s4.corp:80"}) {
            auto mapping = made(internal);
            mapping.enabled = one.enabled;
            mapping.maintenance = one.maintenance;
            mapping.expires = one.expires;
            if (mapping.is_stream()) mapping.rules.clear();
            EXPECT_EQ(closing_of(mapping, noon), one.closing) << one.what;
            EXPECT_EQ(is_there(mapping, noon),
                      one.closing == Closing::none || one.closing == Closing::maintenance)
                << one.what;
            const auto table = *Table::create({mapping});
            const auto decision = table.decide({.authority = "erp.virtual",
                                                .target = "/a",
                                                .method = "GET",
                                                .stream = mapping.is_stream()},
                                               noon);
            EXPECT_EQ(decision.denial, one.denial) << one.what << " " << internal;
        }
}

TEST(Exposure, ACallerCannotTellADisabledOrExpiredMappingFromNone) {
    const Access access{.authority = "erp.virtual", .target = "/a", .method = "GET"};
    const auto none = denial_text(Table().decide(access, noon), access);
    for (const bool enabled : {true, false}) {
        auto mapping = made();
        mapping.enabled = enabled;
        mapping.expires = noon;
        const auto table = *Table::create({mapping});
        const auto decision = table.decide(access, noon);
        EXPECT_EQ(denial_text(decision, access), none);
        EXPECT_EQ(hidden_reason(decision.denial), enabled ? "mapping_expired" : "mapping_disabled");
        EXPECT_THAT(hidden_text(decision),
                    HasSubstr(enabled ? "expired at 2026-06-01" : "disabled"));
    }
}

TEST(Exposure, ARuleThatHasExpiredAllowsNothing) {
    auto mapping = made();
    mapping.rules = {{.path = "/a", .match = Match::subpaths, .methods = {"GET"}, .expires = noon},
                     {.path = "/a/b"}};
    const auto table = *Table::create({mapping});
    const auto ask = [&](std::string_view target, std::string_view method, Moment now) {
        return table.decide({.authority = "erp.virtual", .target = target, .method = method}, now);
    };
    EXPECT_EQ(ask("/a", "GET", noon - 1s).denial, Denial::none);
    EXPECT_EQ(ask("/a", "GET", noon).denial, Denial::rule_expired);
    EXPECT_EQ(ask("/a", "PUT", noon).denial, Denial::method_not_allowed);
    EXPECT_EQ(ask("/b", "GET", noon).denial, Denial::resource_not_exposed);
    EXPECT_EQ(ask("/a/b", "GET", noon - 1s).rule_number, 1U);
    EXPECT_EQ(ask("/a/b", "GET", noon).rule_number, 2U);
    const Access access{.authority = "erp.virtual", .target = "/a", .method = "GET"};
    const auto decision = table.decide(access, noon);
    EXPECT_EQ(hidden_reason(decision.denial), "rule_expired");
    auto without = made();
    without.rules.clear();
    const auto none = *Table::create({without});
    EXPECT_EQ(denial_text(decision, access), denial_text(none.decide(access, noon), access));
}

TEST(Exposure, WarnsBeforeAndAfterTheEnd) {
    auto mapping = made();
    EXPECT_THAT(exposure_warnings(std::span(&mapping, 1), noon), IsEmpty());
    mapping.expires = noon + expiry_notice + 1s;
    EXPECT_THAT(exposure_warnings(std::span(&mapping, 1), noon), IsEmpty());
    mapping.expires = noon + 72h;
    EXPECT_THAT(exposure_warnings(std::span(&mapping, 1), noon),
                ElementsAre("mapping erp.virtual:80 expires at 2026-06-04T12:00:00Z (in 3 days)"));
    mapping.maintenance = true;
    mapping.expires = noon - 90min;
    EXPECT_THAT(
        exposure_warnings(std::span(&mapping, 1), noon),
        ElementsAre("mapping erp.virtual:80 expired at 2026-06-01T10:30:00Z (90 minutes ago)"));
    mapping.expires.reset();
    mapping.rules[0].expires = noon + 5h;
    EXPECT_THAT(exposure_warnings(std::span(&mapping, 1), noon),
                ElementsAre(HasSubstr("is in maintenance"),
                            "mapping erp.virtual:80: rule /a expires at 2026-06-01T17:00:00Z (in "
                            "5 hours)"));
    mapping.enabled = false;
    EXPECT_THAT(exposure_warnings(std::span(&mapping, 1), noon), IsEmpty());
}

}  // namespace
}  // namespace sallyport::mappings
