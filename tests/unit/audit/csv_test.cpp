#include "audit/csv.hpp"

#include "audit/record.hpp"
#include "every_event.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <map>

namespace sallyport::audit {
namespace {

/// The fields of one row, as a spreadsheet reads them (RFC 4180).
std::vector<std::string> cells_of(std::string_view row) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (quoted && row[i] == '"' && i + 1 < row.size() && row[i + 1] == '"')
            cells.back() += row[i++];
        else if (row[i] == '"')
            quoted = !quoted;
        else if (row[i] == ',' && !quoted)
            cells.emplace_back();
        else if (quoted || (row[i] != '\r' && row[i] != '\n'))
            cells.back() += row[i];
    }
    return cells;
}

std::map<std::string, std::string> row_of(const Finding& finding) {
    const auto names = cells_of(csv_head());
    const auto cells = cells_of(csv_row(finding));
    EXPECT_EQ(names.size(), cells.size());
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < std::min(names.size(), cells.size()); ++i) row[names[i]] = cells[i];
    return row;
}

std::vector<Record> records_of(std::string_view lines) {
    std::vector<Record> records;
    while (!lines.empty()) {
        const auto next = lines.find('\n') + 1;
        records.push_back(*parse_record(lines.substr(0, next)));
        lines.remove_prefix(next);
    }
    return records;
}

template <class... Events>
Finding finding_of(const Events&... events) {
    Chain chain(0, chain_start, "b");
    std::string lines;
    std::string disclosures;
    (chain.append(lines, disclosures, {}, events), ...);
    Finding finding;
    finding.records = records_of(lines);
    return finding;
}

TEST(Csv, NothingThatARecordSaysIsLost) {
    for (const auto& record : records_of(every_event())) {
        Finding finding;
        finding.records.push_back(record);
        auto row = row_of(finding);
        const auto details = boost::json::parse(row["details"].empty() ? "{}" : row["details"]);
        for (const auto& [key, value] : record.fields) {
            if (std::string_view(key).ends_with("_c") && key != "subject_c") continue;
            const auto* rest = details.get_object().if_contains(key);
            const bool has_column = row.contains(key) && !row[key].empty();
            EXPECT_NE(has_column, rest != nullptr) << record.event << " " << key;
            if (rest == nullptr) continue;
            EXPECT_EQ(*rest, value) << record.event << " " << key;
        }
    }
}

TEST(Csv, AnActSaysWhoDidWhatToWhom) {
    auto row = row_of(finding_of(AdminAction{.act = "agent.revoke",
                                             .who = "uid:1000",
                                             .account = "admin",
                                             .sudo_account = "jane",
                                             .object = "agent-1",
                                             .outcome = "done",
                                             .outbox = 7}));
    EXPECT_EQ(row["act"], "agent.revoke");
    EXPECT_EQ(row["who"], "uid:1000");
    EXPECT_EQ(row["account"], "admin");
    EXPECT_EQ(row["object"], "agent-1");
    EXPECT_EQ(row["details"], R"({"sudo_account":"jane","outbox":7})");
}

TEST(Csv, WhatWasRefusedHasThatAsItsDecision) {
    const ExchangeEnd refused{.exchange = "a", .outcome = outcome::refused};
    const ExchangeEnd failed{.exchange = "a", .outcome = outcome::failed};
    EXPECT_EQ(row_of(finding_of(PairedEnd{refused, {}}))["decision"], "refused");
    EXPECT_EQ(row_of(finding_of(PairedEnd{failed, {}}))["decision"], "");
    EXPECT_EQ(row_of(finding_of(TokenRefused{.code = "key_refused"}))["decision"], "refused");
    EXPECT_EQ(row_of(finding_of(ExchangeBegin{.exchange = "a"}))["decision"], "allowed");
}

TEST(Csv, AnExchangeIsOneRowThatKnowsItsEnd) {
    const ExchangeEnd end{.exchange = "a", .outcome = outcome::answered, .status = 200};
    auto row = row_of(finding_of(ExchangeBegin{.exchange = "a"}, PairedEnd{end, 0}));
    EXPECT_EQ(row["event"], "exchange");
    EXPECT_EQ(row["seq"], "0");
    EXPECT_EQ(row["end_seq"], "1");
    EXPECT_EQ(row["end_time"], row["time"]);
    EXPECT_EQ(row["details"], "") << "its begin is the row's own";
}

TEST(Csv, WhatBothHalvesSayDifferentlyStandsTwice) {
    auto finding = finding_of(ExchangeBegin{.exchange = "a"}, ExchangeBegin{.exchange = "a"});
    finding.records[0].fields["cut"] = {{"path", 20'000}};
    finding.records[1].fields["cut"] = {{"reason", 3'000}};
    EXPECT_EQ(row_of(finding)["details"], R"({"cut":{"path":20000},"end_cut":{"reason":3000}})");
}

TEST(Csv, NoFieldIsAFormulaOrMovesTheCursor) {
    auto finding = finding_of(ExchangeBegin{.exchange = "three", .user = "=cmd|' /C calc'!A0"});
    finding.records[0].fields["user"] = "=cmd|' /C calc'!A0";
    finding.records[0].fields["reason"] = "a \"quoted\", one\x1b[2J";
    finding.records[0].fields["more"] = "\x1b[2J \x7f \xc2\x9b\xc2\xa0";
    finding.records[0].fields["bind_dn"] = -1;
    const auto text = csv_row(finding);
    EXPECT_NE(text.find(",'=cmd|' /C calc'!A0,"), std::string::npos) << text;
    EXPECT_NE(text.find(",\"a \"\"quoted\"\", one\\x1b[2J\","), std::string::npos) << text;
    EXPECT_NE(text.find(",'-1,"), std::string::npos) << text;
    auto row = row_of(finding);
    EXPECT_EQ(row["details"], "{\"more\":\"\\u001b[2J \\u007f \\u009b\xc2\xa0\"}");
    EXPECT_EQ(boost::json::parse(row["details"]).at("more"), "\x1b[2J \x7f \xc2\x9b\xc2\xa0");
}

}  // namespace
}  // namespace sallyport::audit
