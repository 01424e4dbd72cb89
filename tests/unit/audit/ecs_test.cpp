#include "audit/ecs.hpp"

#include "audit/ecs_meaning.hpp"
#include "audit/record.hpp"
#include "every_event.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <map>
#include <set>

namespace sallyport::audit {
namespace {

using Words = std::vector<std::string_view>;

template <class Event>
Record record_of(const Event& event) {
    Chain chain(0, chain_start, "b");
    std::string lines;
    std::string disclosures;
    chain.append(lines, disclosures, {}, event);
    return *parse_record(lines);
}

template <class Event>
boost::json::value ecs_of(const Event& event) {
    return boost::json::parse(ecs_line(record_of(event), "line\n"));
}

std::vector<Record> all_records() {
    std::vector<Record> records;
    const auto lines = every_event();
    for (std::size_t at = 0; at < lines.size();) {
        const auto next = lines.find('\n', at) + 1;
        records.push_back(*parse_record(std::string_view(lines).substr(at, next - at)));
        at = next;
    }
    return records;
}

struct Expected {
    std::string_view kind;
    Words categories;
    Words types;
    std::string_view outcome{};
};

/// Of records in which every text is "x".
const std::map<std::string_view, Expected>& table() {
    static const std::map<std::string_view, Expected> events{
        {"exchange.begin", {"event", {"network"}, {"start", "allowed"}, "success"}},
        {"exchange.end", {"event", {"network"}, {"end"}, "unknown"}},
        {"backend.state", {"state", {"network"}, {"info"}}},
        {"rfc.call", {"event", {"network"}, {"start", "denied"}, "failure"}},
        {"rfc.call_end", {"event", {"network"}, {"end"}, "unknown"}},
        {"ldap.operation", {"event", {"network"}, {"protocol"}, "unknown"}},
        {"ldap.unseen", {"event", {"network"}, {"info"}}},
        {"link.up", {"event", {"network"}, {"connection", "start"}, "success"}},
        {"link.down", {"event", {"network"}, {"connection", "end"}}},
        {"link.refused", {"event", {"network"}, {"connection", "denied"}, "failure"}},
        {"token.refused", {"event", {"authentication"}, {"info"}, "failure"}},
        {"client.refused", {"event", {"authentication"}, {"info"}, "failure"}},
        {"enrolment.refused", {"event", {"authentication"}, {"info"}, "failure"}},
        {"refusals.left_out", {"event", {"network"}, {"denied"}, "failure"}},
        {"certificate.issued", {"event", {"iam"}, {"creation"}, "success"}},
        {"certificate.enrolled", {"event", {"configuration"}, {"change"}, "success"}},
        {"agent.alarm", {"alert", {"intrusion_detection"}, {"info"}}},
        {"witness.refused", {"alert", {"intrusion_detection"}, {"info"}, "failure"}},
        {"admin.action", {"event", {"configuration"}, {"change"}, "unknown"}},
        {"admin.login", {"event", {"authentication"}, {"start"}, "unknown"}},
        {"ready.changed", {"event", {"process"}, {"change"}}},
        {"config.changed", {"event", {"configuration"}, {"change"}, "success"}},
        {"log.opened", {"event", {"process"}, {"start"}, "success"}},
        {"log.recovered", {"event", {"process"}, {"info"}}},
        {"log.heartbeat", {"state", {"process"}, {"info"}}},
        {"log.key_changed", {"event", {"configuration"}, {"change"}, "success"}},
        {"log.watermark", {"state", {"host"}, {"info"}}},
        {"log.pruned", {"event", {"configuration"}, {"deletion"}, "success"}},
        {"log.disk_full", {"alert", {"host"}, {"info"}, "failure"}},
        {"audit.erased", {"event", {"configuration"}, {"deletion"}, "success"}},
        {"log.closed", {"event", {"process"}, {"end"}, "success"}},
        {"segment.sealed", {"event", {"process"}, {"info"}}},
        {"segment.opened", {"event", {"process"}, {"info"}}},
        {"clock.step", {"event", {"host"}, {"info"}}}};
    return events;
}

TEST(Ecs, EveryEventHasItsMeaning) {
    for (const auto& record : all_records()) {
        const auto expected = table().find(record.event);
        ASSERT_NE(expected, table().end()) << record.event;
        const auto meaning = ecs_meaning(record);
        EXPECT_EQ(meaning.kind, expected->second.kind) << record.event;
        EXPECT_EQ(meaning.categories, expected->second.categories) << record.event;
        EXPECT_EQ(meaning.types, expected->second.types) << record.event;
        EXPECT_EQ(meaning.outcome, expected->second.outcome) << record.event;
    }
}

TEST(Ecs, TypesAreOnesThatTheSchemaExpectsOfACategory) {
    const std::map<std::string_view, std::set<std::string_view>> expected_types{
        {"network",
         {"access", "allowed", "connection", "denied", "end", "info", "protocol", "start"}},
        {"authentication", {"start", "end", "info"}},
        {"iam", {"admin", "change", "creation", "deletion", "group", "info", "user"}},
        {"configuration", {"access", "change", "creation", "deletion", "info"}},
        {"process", {"access", "change", "end", "info", "start"}},
        {"intrusion_detection", {"allowed", "denied", "info"}},
        {"host", {"access", "change", "end", "info", "start"}}};
    auto records = all_records();
    for (const auto* act : {"agent.revoke", "tenant.add", "config.reload", "audit.erase",
                            "audit.erase_dry_run", "agent.drain", "channel.remove"})
        records.push_back(record_of(AdminAction{.act = act, .outcome = "done"}));
    for (const auto& record : records) {
        const auto meaning = ecs_meaning(record);
        EXPECT_FALSE(meaning.categories.empty()) << record.event;
        for (const auto& type : meaning.types) {
            const auto expects = [&](std::string_view category) {
                return expected_types.at(category).contains(type);
            };
            EXPECT_TRUE(std::ranges::any_of(meaning.categories, expects))
                << record.event << " " << type;
        }
    }
}

TEST(Ecs, NothingOfARecordIsLost) {
    for (const auto& record : all_records())
        EXPECT_EQ(boost::json::parse(ecs_line(record, "line\n")).at("sallyport"), record.fields);
}

TEST(Ecs, AnActSaysWhoDidItAndWhetherItWasDone) {
    const std::tuple<const char*, const char*, Words, Words> acts[] = {
        {"agent.revoke", "done", {"iam"}, {"admin", "deletion"}},
        {"client.add", "failed", {"iam"}, {"admin", "creation"}},
        {"tenant.disable", "refused", {"iam"}, {"admin", "change"}},
        {"agent.drain", "done", {"configuration"}, {"info"}},
        {"config.reload", "done", {"configuration"}, {"change"}},
        {"audit.erase", "refused", {"configuration"}, {"deletion"}},
        {"audit.erase_dry_run", "done", {"configuration"}, {"info"}}};
    for (const auto& [act, outcome, categories, types] : acts) {
        const auto meaning = ecs_meaning(record_of(AdminAction{.act = act, .outcome = outcome}));
        EXPECT_EQ(meaning.categories, categories) << act;
        EXPECT_EQ(meaning.types, types) << act;
        EXPECT_EQ(meaning.outcome, std::string_view(outcome) == "done" ? "success" : "failure");
    }
    const auto ecs = ecs_of(AdminAction{.act = "agent.revoke",
                                        .who = "uid:1000",
                                        .account = "jane",
                                        .tenant = "t-1",
                                        .outcome = "done"});
    EXPECT_EQ(ecs.at_pointer("/event/action"), "agent.revoke");
    EXPECT_EQ(ecs.at_pointer("/event/code"), "admin.action");
    EXPECT_EQ(ecs.at_pointer("/user/id"), "1000");
    EXPECT_EQ(ecs.at_pointer("/user/name"), "jane");
    EXPECT_EQ(ecs.at_pointer("/organization/id"), "t-1");
    EXPECT_FALSE(ecs.at("organization").as_object().contains("name"));
    EXPECT_EQ(ecs.at_pointer("/related/user/0"), "jane");
}

TEST(Ecs, WithSudoTheUserIsWhoBecameRoot) {
    const auto ecs = ecs_of(AdminAction{.who = "uid:0", .account = "root", .sudo_account = "jane"});
    EXPECT_EQ(ecs.at_pointer("/user/name"), "jane");
    EXPECT_EQ(ecs.at_pointer("/user/effective/name"), "root");
    EXPECT_EQ(ecs.at_pointer("/user/effective/id"), "0");
    EXPECT_FALSE(ecs.at("user").as_object().contains("id"));
}

TEST(Ecs, WhereAMappingLeadsIsAnAddressAndWhatWasAskedForAUrl) {
    const std::tuple<const char*, const char*, const char*, int> cases[] = {
        {"http://127.0.0.1:50261", "/destination/ip", "127.0.0.1", 50261},
        {"https://s4.corp.local:44300", "/destination/domain", "s4.corp.local", 44300},
        {"https://[2001:db8::1]:443", "/destination/ip", "2001:db8::1", 443},
        {"127.0.0.1:5432", "/destination/ip", "127.0.0.1", 5432}};
    for (const auto& [internal, key, host, port] : cases) {
        const auto ecs = ecs_of(ExchangeBegin{.virtual_host = "erp.virtual:44300",
                                              .internal_host = internal,
                                              .method = "GET",
                                              .path = "/a/b?c=d"});
        EXPECT_EQ(ecs.at_pointer("/destination/address"), host);
        EXPECT_EQ(ecs.at_pointer(key), host);
        EXPECT_EQ(ecs.at_pointer("/destination/port"), port);
        EXPECT_EQ(ecs.at_pointer("/url/domain"), "erp.virtual");
        EXPECT_EQ(ecs.at_pointer("/url/port"), 44300);
        EXPECT_EQ(ecs.at_pointer("/url/path"), "/a/b");
        EXPECT_EQ(ecs.at_pointer("/url/query"), "c=d");
    }
}

TEST(Ecs, WhoCameFromElsewhereIsTheSource) {
    const auto ecs = ecs_of(TokenRefused{.remote = "192.0.2.7:5000", .code = "token_refused"});
    EXPECT_EQ(ecs.at_pointer("/source/ip"), "192.0.2.7");
    EXPECT_EQ(ecs.at_pointer("/source/port"), 5000);
    EXPECT_EQ(ecs.at_pointer("/error/code"), "token_refused");
    const auto link = ecs_of(LinkUp{.remote = "192.0.2.7:443"}).as_object();
    EXPECT_FALSE(link.contains("source") || link.contains("destination")) << "either may be meant";
    EXPECT_EQ(boost::json::value(link).at_pointer("/related/ip/0"), "192.0.2.7");
}

TEST(Ecs, OfAStreamBytesAreNoBodies) {
    const ExchangeEnd end{
        .outcome = outcome::answered, .request_bytes = 5, .response_bytes = 7, .method = "CONNECT"};
    const auto ecs = ecs_of(PairedEnd{end, {}});
    EXPECT_EQ(ecs.at_pointer("/source/bytes"), 5);
    EXPECT_EQ(ecs.at_pointer("/destination/bytes"), 7);
    EXPECT_FALSE(ecs.at("http").as_object().contains("response"));
}

}  // namespace
}  // namespace sallyport::audit
