#include "rfc/big_endian.hpp"
#include "rfc/items.hpp"
#include "rfc/ni.hpp"
#include "rfc/records.hpp"
#include "tests/unit/rfc/conversation.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

/// Every file of the manifests comes to the verdict that its manifest names.
namespace sallyport::rfc::testing {
namespace {

const std::map<std::string, Refusal> refusals = {
    {"refuse:not-allowed", Refusal::function_denied},
    {"refuse:tunnel", Refusal::tunnel_denied},
    {"refuse:ambiguous", Refusal::ambiguous},
    {"refuse:unparsable", Refusal::unparsable},
    {"refuse:not-canonical", Refusal::not_canonical},
    {"refuse:state", Refusal::state},
    {"refuse:setup", Refusal::setup},
    {"refuse:snc", Refusal::snc},
    {"refuse:version", Refusal::version},
    {"refuse:unknown-function", Refusal::unknown_function},
    {"refuse:close", Refusal::setup},
};

/// What the manifests leave to the configuration.
const std::map<std::string, Refusal> configured = {
    {"compact-4000.bin", Refusal::tunnel_denied},
    {"unknown-tag.bin", Refusal::none},
    {"abap-accept-conversation.bin", Refusal::setup},
    {"sap-cancel.bin", Refusal::state},
};

Refusal expected_refusal(const Vector& vector) {
    if (const auto found = refusals.find(vector.expected); found != refusals.end())
        return found->second;
    if (vector.expected != "policy") return Refusal::none;
    const auto name = vector.path.substr(vector.path.rfind('/') + 1);
    const auto found = configured.find(name);
    return found == configured.end() ? Refusal::function_denied : found->second;
}

bool begins_conversation(BytesView items) {
    return items.size() > 12 && items[0] == std::byte{0xd9} && items[1] == std::byte{0xc6};
}

/// Where in a conversation a client's first frame belongs.
Until place_of_request(const Vector& vector, BytesView bytes) {
    if (vector.framing != "ni" && vector.framing != "ni-stream") return Until::start;
    const auto payload = bytes.subspan(frame_head_bytes);
    if (vector.path.ends_with("send-before-allocate.bin")) return Until::gateway;
    if (payload.size() < header_bytes || read_u8(payload, 0) == gateway_version ||
        payload.size() == 136)
        return Until::start;
    const AppcHeader header(payload);
    switch (header.function()) {
        case Function::sap_init:
        case Function::accept:
        case Function::initialize:
            return Until::gateway;
        case Function::set_partner_lu:
        case Function::allocate:
            return Until::initialized;
        default:
            break;
    }
    return begins_conversation(payload.subspan(header_bytes)) ? Until::allocated : Until::logged_on;
}

bool is_rewritten(BytesView bytes) {
    if (bytes.size() < frame_head_bytes + header_bytes) return false;
    const auto function = AppcHeader(bytes.subspan(frame_head_bytes)).function();
    return function == Function::initialize || function == Function::set_partner_lu;
}

void expect_request(const Vector& vector, const Bytes& bytes) {
    SCOPED_TRACE(vector.path);
    Conversation conversation;
    const auto place = place_of_request(vector, bytes);
    const bool has_ids = vector.path.find("wrong-") == std::string::npos;
    conversation.bring(place, has_ids && place > Until::gateway ? BytesView(bytes) : BytesView());
    const auto outcome = conversation.client(bytes);
    const auto refusal = expected_refusal(vector);
    EXPECT_EQ(to_text(outcome.refusal), to_text(refusal)) << outcome.reason;
    if (refusal != Refusal::none) {
        EXPECT_TRUE(outcome.forwarded.empty());
        const bool stays = refusal <= Refusal::tunnel_denied && place == Until::logged_on;
        EXPECT_EQ(outcome.closed, !stays);
        EXPECT_EQ(outcome.answered.empty(), place == Until::start);
        return;
    }
    if (is_rewritten(bytes)) {
        EXPECT_EQ(outcome.forwarded.size(), bytes.size());
    } else {
        EXPECT_EQ(outcome.forwarded, bytes);
    }
}

void expect_reply(const Vector& vector, const Bytes& bytes) {
    SCOPED_TRACE(vector.path);
    Conversation conversation;
    const auto payload = BytesView(bytes).subspan(frame_head_bytes);
    bool offered = true;
    if (payload.size() == gateway_record_bytes) {
        conversation.client(load_data("session/01-gw-normal-client.bin"));
    } else if (payload.size() >= header_bytes) {
        const auto function = AppcHeader(payload).function();
        const bool set_up = function == Function::initialize || function == Function::allocate;
        conversation.bring(!set_up                            ? Until::calling
                           : function == Function::initialize ? Until::gateway
                                                              : Until::initialized);
        if (function == Function::initialize)
            conversation.client(load_data("session/03-initialize.bin"));
        if (function == Function::allocate)
            conversation.client(load_data("session/06-allocate.bin"));
        offered = function != Function::sap_init || AppcHeader(payload).return_code() != 0;
    }
    const auto outcome = conversation.back_end(bytes);
    if (!offered) {
        EXPECT_EQ(outcome.refusal, Refusal::back_end);
        return;
    }
    EXPECT_EQ(to_text(outcome.refusal), to_text(Refusal::none)) << outcome.reason;
    if (is_rewritten(bytes)) {
        EXPECT_EQ(outcome.forwarded.size(), bytes.size());
    } else {
        EXPECT_EQ(outcome.forwarded, bytes);
    }
}

void expect_manifest(const std::filesystem::path& folder) {
    int seen = 0;
    for (const auto& vector : read_manifest(folder)) {
        if (vector.framing == "text" || vector.framing == "payload") continue;  // own tests
        if (vector.path.find("/ni/") != std::string::npos || vector.path.starts_with("ni/"))
            continue;
        if (vector.path.starts_with("flows/")) continue;
        ++seen;
        const auto bytes = load(folder / vector.path);
        if (vector.direction == "c2s") expect_request(vector, bytes);
        if (vector.direction == "s2c") expect_reply(vector, bytes);
    }
    EXPECT_GT(seen, 80);
}

TEST(RfcVectors, EveryFileComesToTheVerdictOfItsManifest) { expect_manifest(data_folder()); }

TEST(RfcVectors, RecordingsOfRealSessionsComeToTheVerdictOfTheirManifest) {
    const auto folder = recordings_folder();
    if (folder.empty()) GTEST_SKIP() << "SALLYPORT_RFC_VECTORS names no folder with recordings";
    expect_manifest(folder);
}

struct FlowResult {
    int forwarded = 0;
    int refused = 0;
};

/// Plays a recorded conversation; the answers that a simulator gave to refused calls are ours here.
FlowResult play(const std::filesystem::path& file) {
    FlowResult result;
    Conversation conversation;
    std::ifstream in(file);
    bool answered_here = false;
    for (std::string line; std::getline(in, line);) {
        const auto frame = from_hex(line.substr(4)).value();
        if (line.starts_with("s2c") && std::exchange(answered_here, false)) continue;
        const auto outcome =
            line.starts_with("c2s") ? conversation.client(frame) : conversation.back_end(frame);
        if (outcome.refusal != Refusal::none) {
            EXPECT_EQ(outcome.refusal, Refusal::function_denied);
            EXPECT_EQ(outcome.functions, std::vector<std::string>{"Z_FORBIDDEN"});
            EXPECT_FALSE(outcome.closed);
            answered_here = true;
            ++result.refused;
            continue;
        }
        EXPECT_EQ(outcome.forwarded.size(), frame.size()) << line.substr(0, 60);
        if (!is_rewritten(frame)) {
            EXPECT_EQ(outcome.forwarded, frame);
        }
        ++result.forwarded;
    }
    return result;
}

TEST(RfcVectors, RecordedConversationsPassButForTheForbiddenCall) {
    const auto folder = recordings_folder();
    if (folder.empty()) GTEST_SKIP() << "SALLYPORT_RFC_VECTORS names no folder with recordings";
    const auto refused_in = [&](const std::string& name, int forwarded_at_least) {
        SCOPED_TRACE(name);
        const auto result = play(folder / "flows" / name);
        EXPECT_GE(result.forwarded, forwarded_at_least);
        return result.refused;
    };
    EXPECT_EQ(
        refused_in("openrfc-session.flow", 11) + refused_in("openrfc-metadata-session.flow", 11),
        1);
    EXPECT_EQ(refused_in("saprfclib-session.flow", 15), 1);
}

TEST(RfcVectors, TheWholeSessionPasses) {
    Conversation conversation;
    conversation.bring(Until::logged_on);
    for (const auto* name :
         {"10-stfc-connection", "12-rfc-ping", "14-rfc-system-info", "16-get-function-interface"}) {
        const auto request = load_data(std::string("session/") + name + ".bin");
        const auto reply = load_data("session/09-logon-reply.bin");
        EXPECT_EQ(conversation.client(request).forwarded, request) << name;
        EXPECT_EQ(conversation.back_end(reply).events, std::vector{Event::call_ended});
    }
    EXPECT_EQ(conversation.inspector().call().number, 5U);
    EXPECT_EQ(conversation.client(load_data("session/18-deallocate.bin")).events,
              std::vector{Event::ended});
    EXPECT_TRUE(conversation.inspector().is_over());
}

}  // namespace
}  // namespace sallyport::rfc::testing
