#include "agent/rfc_inspection.hpp"

#include "rfc/records.hpp"
#include "tests/unit/agent/inspected_world.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using rfc::testing::load_data;
using testing::HasSubstr;

mappings::Mapping rfc_mapping(rfc::AfterRefusal after = rfc::AfterRefusal::conversation_stays) {
    return {.virtual_host = *mappings::VirtualHost::parse("abap.virtual:sapgw00"),
            .internal = {mappings::Protocol::rfc, "gw.corp.internal", {3317}},
            .rfc = mappings::RfcMapping{
                .policy = rfc::testing::manifest_policy(), .after_refusal = after, .instance = 17}};
}

/// A client, the agent and a gateway, whose frames are the files of tests/data/rfc.
struct RfcWorld : InspectedWorld {
    explicit RfcWorld(test::WireOptions wires = {},
                      const mappings::Mapping& mapping = rfc_mapping())
        : InspectedWorld(rfc_inspections(mapping), {}, wires), client(connected()) {}

    void say(std::string_view file) { client.say(as_text(load_data(file))); }
    void reply(std::string_view file) { system().say(as_text(load_data(file))); }
    /// The client says the file, and all of it arrives.
    bool arrives(std::string_view file) {
        const auto before = system().heard().size();
        const auto size = load_data(file).size();
        say(file);
        return until([&] { return system().heard().size() == before + size; });
    }
    bool answered(std::string_view file) {
        const auto before = client.answer().size();
        const auto size = load_data(file).size();
        reply(file);
        return until([&] { return client.answer().size() == before + size; });
    }
    bool exchanged(std::string_view call, std::string_view answer) {
        return arrives("session/" + std::string(call)) &&
               answered("session/" + std::string(answer));
    }
    bool log_on() {
        return exchanged("01-gw-normal-client.bin", "02-gw-normal-client-reply.bin") &&
               exchanged("03-initialize.bin", "04-initialize-reply.bin") &&
               arrives("session/05-set-partner-lu.bin") &&
               exchanged("06-allocate.bin", "07-allocate-reply.bin") &&
               exchanged("08-logon-rfcping.bin", "09-logon-reply.bin");
    }
    bool call() { return exchanged("10-stfc-connection.bin", "11-stfc-connection-reply.bin"); }
    /// The refusal in clear, however wide it is written.
    std::string narrow_answer() const {
        std::string text;
        for (const char c : client.answer())
            if (c != '\0') text += c;
        return text;
    }
    bool said_farewell() {
        const auto& heard = system().heard();
        constexpr auto frame_bytes = rfc::frame_head_bytes + rfc::header_bytes;
        return heard.size() > frame_bytes && heard[heard.size() - frame_bytes + 5] == '\x0b';
    }

    test::Caller& client;
};

TEST(RfcInspection, ACallIsOnRecordBeforeAndAfter) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
    EXPECT_EQ(test::records_of(world.audit_folder(), "rfc.call").size(), 2u) << "without a flush";
    EXPECT_EQ(test::records_of(world.audit_folder(), "rfc.call_end").size(), 1u);
    ASSERT_TRUE(world.answered("session/11-stfc-connection-reply.bin"));
    EXPECT_EQ(test::records_of(world.audit_folder(), "rfc.call_end").size(), 2u);
    const auto calls = world.records("rfc.call");
    const auto ends = world.records("rfc.call_end");
    EXPECT_EQ(calls[0].text("function"), "RFCPING");
    EXPECT_EQ(calls[0].text("rule"), "infrastructure");
    EXPECT_EQ(calls[1].text("function"), "STFC_CONNECTION");
    EXPECT_EQ(calls[1].text("rule"), "1:STFC_CONNECTION");
    EXPECT_EQ(calls[1].text("decision"), "allowed");
    EXPECT_EQ(calls[1].text("exchange"), "x1");
    EXPECT_NE(calls[1].text("sap_user"), "");
    EXPECT_NE(calls[1].text("sap_client"), "");
    EXPECT_EQ(calls[1].number("call"), 2u);
    EXPECT_EQ(ends[1].number("begin"), calls[1].sequence);
    EXPECT_EQ(ends[1].text("outcome"), "answered");
    EXPECT_EQ(ends[1].text("result"), "success");
    EXPECT_GT(ends[1].number("request_bytes").value_or(0), 600u);
    EXPECT_GT(ends[1].number("response_bytes").value_or(0), 1200u);
}

TEST(RfcInspection, AnAllowedCallHasRecordsAtLevelAllOnly) {
    for (const auto level : {audit::Level::all, audit::Level::security, audit::Level::off}) {
        RfcWorld world;
        ASSERT_TRUE(world.log->reconfigure({.level = level, .configuration = {}}, "test"));
        ASSERT_TRUE(world.log_on());
        world.say("refuse/call-forbidden-le.bin");
        ASSERT_TRUE(world.until(
            [&] { return world.narrow_answer().find("Z_FORBIDDEN") != std::string::npos; }));
        const auto calls = world.records("rfc.call").size();
        EXPECT_EQ(calls, level == audit::Level::all        ? 2u
                         : level == audit::Level::security ? 1u
                                                           : 0u);
        EXPECT_EQ(world.records("rfc.call_end").size(), level == audit::Level::all ? 1u : 0u);
    }
}

TEST(RfcInspection, ARefusedCallHasOneRecordAndTheConversationGoesOn) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    const auto heard = world.system().heard().size();
    world.say("refuse/call-forbidden-le.bin");
    ASSERT_TRUE(world.until([&] {
        return world.narrow_answer().find(
                   "Access denied for Z_FORBIDDEN on abap.virtual:sapgw00. Expose the function "
                   "module in your Cloud Connector in case it was a valid request.") !=
               std::string::npos;
    }));
    EXPECT_EQ(world.system().heard().size(), heard);
    const auto refused = world.records("rfc.call").back();
    EXPECT_EQ(refused.text("function"), "Z_FORBIDDEN");
    EXPECT_EQ(refused.text("decision"), "refused");
    EXPECT_EQ(refused.text("outcome"), "refused");
    EXPECT_EQ(refused.text("reason"), "function_denied");
    EXPECT_GT(refused.number("request_bytes").value_or(0), 20u);
    EXPECT_TRUE(world.call());
    EXPECT_EQ(world.records("rfc.call_end").size(), 2u);
    EXPECT_EQ(world.inside->outcome(), "");
}

TEST(RfcInspection, ARefusedCallMayEndTheConversation) {
    RfcWorld world({}, rfc_mapping(rfc::AfterRefusal::conversation_ends));
    ASSERT_TRUE(world.log_on());
    world.say("refuse/call-forbidden-le.bin");
    ASSERT_TRUE(world.ends(world.client));
    EXPECT_TRUE(world.client.good()) << world.client.trouble();
    EXPECT_THAT(world.narrow_answer(), HasSubstr("Z_FORBIDDEN"));
    EXPECT_EQ(world.inside->outcome(), "aborted");
    EXPECT_EQ(world.inside->reason(), "function_denied");
}

TEST(RfcInspection, ItDoesNotMatterWhereFramesAreCut) {
    std::vector<std::string> heard;
    for (const std::size_t chunk : {SIZE_MAX, std::size_t{1}, std::size_t{7}}) {
        RfcWorld world({.room = 50, .chunk = chunk});
        ASSERT_TRUE(world.log_on()) << chunk;
        ASSERT_TRUE(world.call()) << chunk;
        heard.push_back(world.system().heard() + world.client.answer());
    }
    EXPECT_EQ(heard[0], heard[1]);
    EXPECT_EQ(heard[0], heard[2]);
    EXPECT_THAT(heard[0], HasSubstr("gw.corp.internal"));
}

TEST(RfcInspection, AnOrderlyEndIsOne) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    world.say("session/18-deallocate.bin");
    ASSERT_TRUE(world.ends(world.client));
    EXPECT_TRUE(world.client.good()) << world.client.trouble();
    EXPECT_TRUE(world.system().ended());
    EXPECT_TRUE(world.said_farewell());
    EXPECT_EQ(world.inside->outcome(), "");
}

TEST(RfcInspection, ASystemThatVanishesInACallIsAFailure) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
    world.system().finish();
    ASSERT_TRUE(world.ends(world.client));
    EXPECT_EQ(world.records("rfc.call_end").back().text("outcome"), "failed");
    EXPECT_EQ(world.inside->outcome(), "failed");
    EXPECT_EQ(world.inside->reason(), "backend_closed");
}

TEST(RfcInspection, ASystemThatBreaksOffIsToo) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
    world.system().close();
    ASSERT_TRUE(world.ends(world.client));
    EXPECT_EQ(world.client.error(), Errc::cut);
    EXPECT_EQ(world.records("rfc.call_end").back().text("outcome"), "failed");
}

TEST(RfcInspection, ASystemMayCloseBetweenCalls) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    world.system().finish();
    ASSERT_TRUE(world.ends(world.client));
    EXPECT_TRUE(world.client.good()) << world.client.trouble();
    EXPECT_EQ(world.inside->outcome(), "");
}

TEST(RfcInspection, AClientWhoGoesWithoutAWordIsTakenLeaveOf) {
    for (const auto how : {&test::Caller::end, &test::Caller::give_up}) {
        RfcWorld world;
        ASSERT_TRUE(world.log_on());
        ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
        (world.client.*how)();
        ASSERT_TRUE(world.ends(world.client));
        ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
        EXPECT_TRUE(world.said_farewell());
        EXPECT_EQ(world.records("rfc.call_end").back().text("outcome"), "aborted");
    }
}

TEST(RfcInspection, AnAgentThatStopsHasAnEndForTheCallOnRecord) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
    world.group.cancel();
    ASSERT_TRUE(test::run_until_done(world.loop, world.group));
    const auto end = world.records("rfc.call_end").back();
    EXPECT_EQ(end.text("outcome"), "aborted");
    EXPECT_EQ(end.text("function"), "STFC_CONNECTION");
}

TEST(RfcInspection, WhatIsNoRfcIsRefusedOnRecord) {
    for (const auto* said : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02..."}) {
        RfcWorld world;
        world.client.say(said);
        ASSERT_TRUE(world.ends(world.client));
        EXPECT_TRUE(world.client.good()) << "closed in an orderly way";
        EXPECT_EQ(world.system().heard(), "");
        const auto refused = world.records("rfc.call").back();
        EXPECT_EQ(refused.text("reason"), "setup");
        EXPECT_EQ(refused.number("call"), 0u);
        EXPECT_EQ(world.inside->outcome(), "aborted");
    }
}

TEST(RfcInspection, ARefusalOfNoMessageDoesNotNameTheFunctionBefore) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.call());
    world.say("refuse/sap-regtp.bin");
    ASSERT_TRUE(world.ends(world.client));
    const auto refused = world.records("rfc.call").back();
    EXPECT_EQ(refused.text("decision"), "refused");
    EXPECT_EQ(refused.text("function"), "");
}

TEST(RfcInspection, ASecondCallBeforeTheAnswerEndsTheFirst) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
    world.say("session/12-rfc-ping.bin");
    ASSERT_TRUE(world.ends(world.client));
    const auto end = world.records("rfc.call_end").back();
    EXPECT_EQ(end.text("outcome"), "aborted");
    EXPECT_EQ(end.text("reason"), "state");
}

TEST(RfcInspection, WhatASystemMustNotSendIsItsFailure) {
    RfcWorld world;
    ASSERT_TRUE(world.log_on());
    ASSERT_TRUE(world.arrives("session/10-stfc-connection.bin"));
    world.system().say("HTTP/1.1 400 Bad Request\r\n\r\n");
    ASSERT_TRUE(world.ends(world.client));
    EXPECT_EQ(world.records("rfc.call_end").back().text("reason"), "back_end");
    EXPECT_EQ(world.inside->outcome(), "failed");
}

}  // namespace
}  // namespace sallyport::agent
