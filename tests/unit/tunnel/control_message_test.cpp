#include "tunnel/control_message.hpp"

#include "base/error.hpp"

#include <gtest/gtest.h>

namespace sallyport::tunnel {
namespace {

ControlMessage read(std::string_view line) {
    auto message = decode(line);
    EXPECT_TRUE(message) << line << ": " << (message ? "" : to_text(message.error()));
    return message ? std::move(*message) : ControlMessage(Unknown{"?"});
}

TEST(ControlMessage, EveryKindSurvivesTheWire) {
    const ControlMessage messages[] = {
        Hello{1, "0.1.0", "plant \"7\"\n", UINT64_MAX, "p1", {"erp.virtual:443", "ü:1"}},
        Hello{},
        Welcome{1, "0.1.0", 2},
        Refused{"conflict", "another process"},
        Trust{{"aa", "bb"}, "bb"},
        Hello{1, "0.1.0", "", 1, "p1", {}, true, {"aa"}},
        Open{"hana", "0123456789abcdef"},
        OpenRefused{"0123456789abcdef", "not_granted"},
        Welcome{1, "0.1.0", 2, "hub/witness+01020304+BAAA"},
        Checkpoint{"origin\n7\nroot\n\n\u2014 origin AAAA\n", 5, {"aGFzaA=="}, {"k+1+AQ=="}},
        Checkpoint{},
        Cosigned{UINT64_MAX, "\u2014 hub/witness AAAA\n", "hub/witness+01020304+BAAA"},
        WitnessRefused{"stale", 9, "goes on from 5"},
        Hello{1, "", "", 0, "", {}, false, {}, 0, true},
        Welcome{1, "", 2, "", std::chrono::milliseconds(15'000)},
        Ready{std::chrono::microseconds(812)},
        Restarting{std::chrono::milliseconds(30'000)}};
    for (const auto& message : messages) {
        auto line = encode(message);
        ASSERT_TRUE(line.ends_with('\n'));
        line.pop_back();
        EXPECT_EQ(line.find('\n'), line.npos);
        EXPECT_EQ(read(line), message) << line;
    }
}

TEST(ControlMessage, WhatALaterVersionAddsIsSkipped) {
    EXPECT_EQ(read(R"({"type":"tile","root":"x"})"), ControlMessage(Unknown{"tile"}));
    EXPECT_EQ(read(R"({"x":{"y":[1]},"workers":2,"type":"welcome","program":"","version":1})"),
              ControlMessage(Welcome{1, "", 2}));
}

TEST(ControlMessage, NoTimeIsLongerThanAnHour) {
    EXPECT_EQ(read(R"({"type":"restarting","within_ms":18446744073709551615})"),
              ControlMessage(Restarting{std::chrono::hours(1)}));
    EXPECT_EQ(read(R"({"type":"ready","round_trip_us":18446744073709551615})"),
              ControlMessage(Ready{std::chrono::hours(1)}));
}

TEST(ControlMessage, WhatIsNotAMessageIsMalformed) {
    const auto* hello_with_a_number =
        R"({"type":"hello","version":1,"program":"","location":"","epoch":1,"process":"",)"
        R"("virtual_hosts":[1]})";
    for (const auto* line :
         {"",
          "{}",
          "null",
          "[]",
          "{",
          R"({"type":1})",
          R"({"type":"welcome"})",
          R"({"type":"welcome","version":"1","program":"","workers":1})",
          R"({"type":"welcome","version":-1,"program":"","workers":1})",
          R"({"type":"welcome","version":1.5,"program":"","workers":1})",
          R"({"type":"welcome","version":1,"program":null,"workers":1})",
          R"({"type":"restarting"})",
          R"({"type":"open","channel":"x"})",
          R"({"type":"checkpoint","note":"x","old_size":1,"proof":[1],"keys":[]})",
          R"({"type":"checkpoint","note":"x","old_size":-1,"proof":[],"keys":[]})",
          R"({"type":"checkpoint","note":"x","old_size":1,"proof":[]})",
          R"({"type":"cosigned","size":1})",
          R"({"type":"witness_refused","code":"x"})",
          R"({"type":"open","channel":1,"nonce":"x"})",
          R"({"type":"restarting","within_ms":-5})",
          hello_with_a_number,
          R"({"type":"refused","code":"x","text":"y"} z)",
          "{\"type\":\"a\xff\"}",
          R"({"type":[[[[[[[[[[1]]]]]]]]]]})"})
        EXPECT_EQ(decode(line).error().code, Errc::malformed) << line;
}

TEST(ControlMessage, WhatIsTooLargeIsRefused) {
    const std::string padded =
        R"({"type":"x","pad":")" + std::string(control_line_bytes_max, 'x') + "\"}";
    EXPECT_EQ(decode(padded).error().code, Errc::limit);
    EXPECT_FALSE(decode(R"({"type":")" + std::string(1'025, 'x') + "\"}"));
    const auto is_read = [](Checkpoint checkpoint) {
        const auto line = encode(checkpoint);
        return decode(line.substr(0, line.size() - 1)).has_value();
    };
    const std::string note(checkpoint_note_bytes_max, 'n');
    EXPECT_TRUE(is_read({note, 1, std::vector<std::string>(checkpoint_proof_hashes_max), {}}));
    EXPECT_FALSE(is_read({note + "n", 1, {}, {}}));
    EXPECT_FALSE(is_read({"", 1, std::vector<std::string>(checkpoint_proof_hashes_max + 1), {}}));
    EXPECT_FALSE(is_read({"", 1, {}, std::vector<std::string>(checkpoint_keys_max + 1)}));
    Hello many;
    many.virtual_hosts.resize(virtual_hosts_told_max, "h:1");
    auto line = encode(many);
    EXPECT_TRUE(decode(line.substr(0, line.size() - 1)));
    many.virtual_hosts.emplace_back("one:2");
    line = encode(many);
    EXPECT_FALSE(decode(line.substr(0, line.size() - 1)));
}

TEST(ControlMessage, AHelloTellsAsManyHostsAsItsLineHasRoomFor) {
    struct Case {
        std::size_t hosts;
        std::string name;  // of each
        std::uint64_t left_out_min;
        std::uint64_t left_out_max;
    };
    const Case cases[] = {{0, "", 0, 0},
                          {virtual_hosts_told_max, "erp.virtual:44300", 0, 0},
                          {virtual_hosts_told_max + 7, "erp.virtual:44300", 7, 7},
                          {virtual_hosts_told_max, std::string(253, 'h') + ":44300", 748, 752},
                          {100'000, "h:1", 99'000, 99'000},
                          {500, std::string(300, '\n'), 390, 400}};  // each byte is two in JSON
    for (const auto& test : cases) {
        Hello hello{1, "0.1.0", "plant", UINT64_MAX, "p1", {}};
        hello.virtual_hosts.assign(test.hosts, test.name);
        shorten(hello);
        EXPECT_EQ(hello.virtual_hosts.size() + hello.virtual_hosts_left_out, test.hosts);
        EXPECT_GE(hello.virtual_hosts_left_out, test.left_out_min);
        EXPECT_LE(hello.virtual_hosts_left_out, test.left_out_max);
        auto line = encode(hello);
        line.pop_back();
        EXPECT_LE(line.size(), control_line_bytes_max);
        EXPECT_EQ(read(line), ControlMessage(hello));
    }
}

TEST(ControlMessage, AHelloOfAVersionThatCountsNoHostsLeftOutIsUnderstood) {
    const auto hello = read(R"({"type":"hello","version":1,"program":"","location":"","epoch":1,)"
                            R"("process":"","virtual_hosts":["h:1"]})");
    EXPECT_EQ(std::get<Hello>(hello).virtual_hosts_left_out, 0U);
}

TEST(ControlMessage, ARestartMayNotBeAnnouncedForEver) {
    EXPECT_EQ(read(R"({"type":"restarting","within_ms":18446744073709551615})"),
              ControlMessage(Restarting{std::chrono::hours(1)}));
}

}  // namespace
}  // namespace sallyport::tunnel
