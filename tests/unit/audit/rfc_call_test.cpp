#include "audit/csv.hpp"
#include "audit/query.hpp"
#include "audit/render.hpp"
#include "audit/verify.hpp"
#include "audit_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// One conversation: a call that is answered, one that is refused, one that is under way.
class RfcCallTest : public AuditTest {
protected:
    void write_log() {
        const auto log = open(settings());
        log->append(begin("one"));
        const auto first = log->append(call("BAPI_A", 2));
        clock.pass(std::chrono::milliseconds(3));
        log->append(end("BAPI_A", 2, first));
        auto refused = call("Z_NO", 3);
        refused.rule = {};
        refused.decision = outcome::refused;
        refused.reason = "function_denied";
        log->append(refused);
        log->append(call("BAPI_B", 4));
        ASSERT_TRUE(log->write());
    }
    static RfcCall call(std::string_view function, std::uint64_t number) {
        return {.exchange = "one",
                .client = "sb-shop",
                .virtual_host = "abap.virtual:3300",
                .call = number,
                .function = function,
                .sap_client = "100",
                .sap_user = "JANE",
                .rule = "1:BAPI_*",
                .decision = "allowed"};
    }
    static RfcCallEnd end(std::string_view function, std::uint64_t number,
                          std::optional<Sequence> begin) {
        return {.exchange = "one",
                .begin = begin,
                .call = number,
                .function = function,
                .outcome = outcome::answered,
                .result = "success",
                .request_bytes = 10,
                .response_bytes = 20,
                .duration = std::chrono::microseconds(2500)};
    }
    std::vector<Finding> find(const Filter& filter) const {
        std::vector<Finding> found;
        EXPECT_TRUE(query(folder, filter, [&](const Finding& finding) {
            found.push_back(finding);
            return true;
        }));
        return found;
    }
    std::vector<std::string> functions(const Filter& filter) const {
        std::vector<std::string> names;
        for (const auto& finding : find(filter)) names.emplace_back(finding.text("function"));
        return names;
    }
};

TEST_F(RfcCallTest, AreFoundByTheirFunction) {
    write_log();
    EXPECT_THAT(functions({.function = "BAPI_*"}), ElementsAre("BAPI_A", "BAPI_B"));
    EXPECT_THAT(functions({.function = "?*", .outcome = "refused"}), ElementsAre("Z_NO"));
    EXPECT_THAT(functions({.user = "JAN*"}), ElementsAre("BAPI_A", "Z_NO", "BAPI_B"));
    EXPECT_THAT(functions({.rule = "1:*", .function = "*_A"}), ElementsAre("BAPI_A"));
    EXPECT_THAT(functions({.event = "rfc.call_end"}), ElementsAre("BAPI_A"));
}

TEST_F(RfcCallTest, BeginAndEndAreOneRow) {
    write_log();
    const auto found = find({.function = "?*"});
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].records.size(), 2u);
    EXPECT_EQ(found[0].text("sap_user"), "JANE");
    EXPECT_EQ(found[0].number("duration_us"), 2500u);
    const auto row = table_row(found[0]);
    EXPECT_THAT(row, HasSubstr("answered"));
    EXPECT_THAT(row, HasSubstr("JANE"));
    EXPECT_THAT(row, HasSubstr("2.5 ms       RFC abap.virtual:3300 BAPI_A  [one]"));
    EXPECT_THAT(table_row(found[1]), HasSubstr("(function_denied)"));
    EXPECT_THAT(table_row(found[2]), HasSubstr("open"));
    EXPECT_THAT(csv_row(found[0]), HasSubstr(",rfc.call,one,answered,"));
    EXPECT_THAT(csv_row(found[0]), HasSubstr(",BAPI_A,100,JANE,success"));
}

TEST_F(RfcCallTest, ArePartOfAGoodLog) {
    write_log();
    const auto report = verify(folder);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->good());
}

TEST_F(RfcCallTest, TheLevelDecidesWhichAreRecorded) {
    auto with = settings();
    with.level = Level::security;
    const auto log = open(with);
    EXPECT_EQ(log->append(call("BAPI_A", 1)), not_recorded);
    EXPECT_EQ(log->append(end("BAPI_A", 1, {})), not_recorded);
    auto refused = call("Z_NO", 2);
    refused.decision = outcome::refused;
    EXPECT_NE(log->append(refused), not_recorded);
    EXPECT_NE(log->append(end("BAPI_B", 3, 7)), not_recorded) << "its begin is on record";
    ASSERT_TRUE(log->reconfigure({.level = Level::off}, "test"));
    EXPECT_EQ(log->append(refused), not_recorded);
}

}  // namespace
}  // namespace sallyport::audit
