#include "agent/inspected_exchange.hpp"

#include "tests/unit/agent/inspected_world.hpp"

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// What the inspections of a test have been told.
struct Told {
    std::vector<std::string> broken;  // broken_off()
    std::size_t looks = 0;            // calls that took nothing
    bool set_up = true;
    bool closes_with_caller = false;
};

/// Lines. "call X" goes on and is recorded, "hold X" is recorded and nothing goes on yet, "deny X"
/// is answered and recorded, "ping" is answered, "quit" goes on and ends; "#123456" is followed by
/// so many bytes that go on in one piece.
class Lines final : public StreamInspection {
public:
    Lines(ExchangeAudit& audit, Told& told) : audit_(audit), told_(told) {}

    InspectionStep from_caller(std::span<std::byte> received) override {
        const auto text = as_text(received);
        if (text.starts_with('#')) return block(received);
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return more(0);
        const auto line = text.substr(0, end + 1);
        const auto bytes = received.first(line.size());
        if (line == "ping\n") return {.taken = line.size(), .answer = as_bytes("pong\n")};
        if (line == "quit\n") return {.taken = line.size(), .forward = bytes, .close = true};
        if (line.starts_with("deny"))
            return {.taken = record(line), .answer = as_bytes("denied\n"), .recorded = true};
        if (line.starts_with("hold")) return {.taken = record(line), .recorded = true};
        if (line.starts_with("call"))
            return {.taken = record(line), .forward = bytes, .recorded = true};
        return {.taken = line.size(), .forward = bytes};
    }
    InspectionStep from_back_end(std::span<std::byte> received) override {
        return {.taken = received.size(), .forward = received};
    }
    InspectionStep caller_ended() override { return {.close = told_.closes_with_caller}; }
    BytesView broken_off(const Error& why) override {
        told_.broken.push_back(why.detail);
        return as_bytes("bye\n");
    }
    bool is_set_up() const override { return told_.set_up; }

private:
    InspectionStep more(std::size_t wanted) {
        ++told_.looks;
        return {.wanted = wanted};
    }
    InspectionStep block(std::span<std::byte> received) {
        constexpr std::size_t head = 7;
        if (received.size() < head) return more(head);
        const auto size = *parse_decimal(as_text(received).substr(1, head - 1));
        const auto whole = head + static_cast<std::size_t>(size);
        if (received.size() < whole) return more(whole);
        return {.taken = whole, .forward = received.first(whole)};
    }
    std::size_t record(std::string_view line) {
        audit_.append(audit::RfcCall{.exchange = audit_.exchange().exchange,
                                     .function = line.substr(0, line.size() - 1),
                                     .decision = "allowed"});
        return line.size();
    }
    ExchangeAudit& audit_;
    Told& told_;
};

InspectedWorld::Inspect lines(Told& told) {
    return [&told](ExchangeAudit& audit) { return std::make_unique<Lines>(audit, told); };
}

TEST(InspectedExchange, ForwardsAndAnswersWhatTheInspectionSays) {
    Told told;
    InspectedWorld world(lines(told));
    auto& caller = world.connected();
    caller.say("hello\nping\ncall A\ndeny B\nha");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "hello\ncall A\n"; }));
    ASSERT_TRUE(world.until([&] { return caller.answer() == "pong\ndenied\n"; }));
    caller.say("lf\n");
    world.system().say("220 ready\n");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "hello\ncall A\nhalf\n"; }));
    ASSERT_TRUE(world.until([&] { return caller.answer() == "pong\ndenied\n220 ready\n"; }));
    EXPECT_EQ(world.records("rfc.call").size(), 2u);
}

TEST(InspectedExchange, ItDoesNotMatterWhereMessagesAreCut) {
    const std::string all = "hello\nping\ncall A\n#000010xxxxxxxxxxdeny B\nlast\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, all.size()}) {
        Told told;
        InspectedWorld world(lines(told), {}, {.room = 7, .chunk = 2});
        auto& caller = world.connected();
        for (std::size_t at = 0; at < all.size(); at += piece) {
            caller.say(all.substr(at, piece));
            test::settle(world.loop);
        }
        ASSERT_TRUE(world.until([&] { return world.system().hears("last\n"); })) << piece;
        EXPECT_EQ(world.system().heard(), "hello\ncall A\n#000010xxxxxxxxxxlast\n") << piece;
        ASSERT_TRUE(world.until([&] { return caller.answer() == "pong\ndenied\n"; })) << piece;
    }
}

TEST(InspectedExchange, IsAskedAgainOnlyWhenWhatItWantsIsThere) {
    Told told;
    InspectedWorld world(lines(told));
    auto& caller = world.connected();
    caller.say("#900000");
    const std::string part(50'000, 'x');
    for (int i = 0; i < 18; ++i) {
        caller.say(part);
        test::settle(world.loop);
        EXPECT_EQ(world.system().heard().empty(), i < 17);
    }
    ASSERT_TRUE(world.until([&] { return world.system().heard().size() == 900'007; }));
    EXPECT_LE(told.looks, 2u);
}

TEST(InspectedExchange, WhatIsTooLargeIsCutOff) {
    Told told;
    InspectedWorld world([&](ExchangeAudit&) {
        struct Greedy final : StreamInspection {
            InspectionStep from_caller(std::span<std::byte>) override {
                return {.wanted = InspectedExchange::received_bytes_max + 1};
            }
            InspectionStep from_back_end(std::span<std::byte>) override { return {}; }
        };
        return std::make_unique<Greedy>();
    });
    auto& caller = world.connected();
    caller.say("x");
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::limit);
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(InspectedExchange, NothingPassesBeforeItsRecordIsOnTheDisk) {
    for (const auto* line : {"call A\n", "deny A\n"}) {
        Told told;
        InspectedWorld world(lines(told), {.folder = {}, .durability = audit::Durability::power});
        auto& caller = world.connected();
        world.disk.slow = true;
        caller.say(line);
        ASSERT_TRUE(world.until([&] { return world.is_on_record("rfc.call"); }));
        test::settle(world.loop);
        EXPECT_EQ(world.system().heard(), "");
        EXPECT_EQ(caller.answer(), "");
        caller.say("next\n");  // keeps its place
        test::settle(world.loop);
        EXPECT_EQ(world.system().heard(), "");
        world.disk.released.set_value();
        ASSERT_TRUE(world.until([&] { return world.system().hears("next\n"); }));
        EXPECT_EQ(world.system().heard() + caller.answer(),
                  std::string(line) == "call A\n" ? "call A\nnext\n" : "next\ndenied\n");
    }
}

TEST(InspectedExchange, NothingPassesUnrecorded) {
    Told told;
    InspectedWorld world(lines(told));
    auto& caller = world.connected();
    world.disk.full = true;
    caller.say("call A\n");
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::unavailable);
    EXPECT_EQ(world.inside->reason(), "audit_unavailable");
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    EXPECT_EQ(world.system().heard(), "bye\n");
}

TEST(InspectedExchange, NorWhatIsRecordedBeforeItGoesOn) {
    Told told;
    InspectedWorld world(lines(told));
    auto& caller = world.connected();
    world.disk.full = true;
    caller.say("hold A\nand on it goes\n");
    ASSERT_TRUE(world.ends(caller));
    EXPECT_EQ(caller.error(), Errc::unavailable);
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    EXPECT_EQ(world.system().heard(), "bye\n");
}

TEST(InspectedExchange, UnlessPolicyIsToDoWithout) {
    Told told;
    InspectedWorld world(lines(told), {.folder = {}, .on_failure = audit::OnFailure::degrade});
    auto& caller = world.connected();
    world.disk.full = true;
    caller.say("call A\ncall B\n");
    ASSERT_TRUE(world.until([&] { return world.system().heard() == "call A\ncall B\n"; }));
}

TEST(InspectedExchange, EndsArePassedOnWhereTheInspectionDoesNotClose) {
    Told told;
    InspectedWorld world(lines(told));
    auto& caller = world.connected();
    caller.say("last words\n");
    caller.end();
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    EXPECT_EQ(world.system().heard(), "last words\n");
    EXPECT_FALSE(caller.over());
    world.system().say("the answer");
    world.system().finish();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.answer(), "the answer");
    EXPECT_THAT(told.broken, testing::IsEmpty());
}

TEST(InspectedExchange, CloseEndsBothWhenEverythingIsOut) {
    Told told;
    InspectedWorld world(lines(told), {}, {.room = 5});
    auto& caller = world.connected();
    world.fate.holds = true;
    caller.say("quit\nnobody hears this\n");
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    test::settle(world.loop);
    EXPECT_FALSE(caller.over());
    world.fate.holds = false;
    world.fate.ready->on_ready();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(world.system().heard(), "quit\n");
    EXPECT_FALSE(world.fate.was_reset);
}

TEST(InspectedExchange, ACallerWhoDoesNotReadHoldsUpTheInternalSystem) {
    constexpr std::size_t room = 64 * 1024;
    constexpr std::size_t much = 8 * http::WireInput::capacity;
    Told told;
    InspectedWorld world(lines(told), {}, {.room = room});
    auto& caller = world.connected();
    caller.pause();
    world.system().say(std::string(much, 'x'));
    test::settle(world.loop);
    EXPECT_GE(world.system().unsent(), much - room - 3 * http::WireInput::capacity);
    world.system().finish();
    caller.end();
    caller.resume();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(caller.good()) << caller.trouble();
    EXPECT_EQ(caller.received(), much);
}

TEST(InspectedExchange, ASystemThatDoesNotReadHoldsUpTheCaller) {
    constexpr std::size_t room = 64 * 1024;
    Told told;
    InspectedWorld world(lines(told), {}, {.room = room});
    auto& caller = world.connected();
    world.system().pause();
    std::string much;
    while (much.size() < 4'000'000) much += "a line\n";
    caller.say(much);
    test::settle(world.loop);
    EXPECT_LT(caller.sent(), much.size() / 2);
    world.system().resume();
    ASSERT_TRUE(world.until([&] { return world.system().heard().size() == much.size(); }));
}

TEST(InspectedExchange, ACallerWhoDoesNotReadItsAnswersIsNotListenedTo) {
    Told told;
    InspectedWorld world(lines(told));
    auto& caller = world.connected();
    caller.pause();
    std::string pings;
    while (pings.size() < 1'000'000) pings += "ping\n";
    caller.say(pings);
    test::settle(world.loop);
    EXPECT_LT(caller.sent(), pings.size() / 2);
    world.system().say("220 ready\n");
    caller.resume();
    ASSERT_TRUE(world.until([&] { return caller.received() == pings.size() + 10; }));
}

TEST(InspectedExchange, TheSystemIsToldWhereTheCallerGoesWithoutAWord) {
    for (const auto how : {&test::Caller::cut, &test::Caller::give_up}) {
        Told told;
        InspectedWorld world(lines(told));
        auto& caller = world.connected();
        caller.say("hello\n");
        ASSERT_TRUE(world.until([&] { return world.system().heard() == "hello\n"; }));
        (caller.*how)();
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::aborted);
        ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
        EXPECT_EQ(world.system().heard(), "hello\nbye\n");
        EXPECT_EQ(told.broken.size(), 1u);
        EXPECT_FALSE(world.fate.was_reset);
    }
}

TEST(InspectedExchange, NoFarewellIsSaidInTheMiddleOfSomething) {
    Told told;
    InspectedWorld world(lines(told), {}, {.room = 4096});
    auto& caller = world.connected();
    world.system().pause();
    caller.say("#900000" + std::string(900'000, 'x'));
    test::settle(world.loop);
    caller.give_up();
    ASSERT_TRUE(world.ends(caller));
    EXPECT_TRUE(world.fate.was_reset);
}

TEST(InspectedExchange, WhatStandsStillOrIsNotSetUpEnds) {
    for (const bool set_up : {true, false}) {
        Told told;
        told.set_up = set_up;
        auto options = stream_options();
        (set_up ? options.idle_timeout : options.set_up_timeout) = 1ms;
        InspectedWorld world(lines(told), {}, {}, std::move(options));
        auto& caller = world.connected();
        ASSERT_TRUE(world.ends(caller));
        EXPECT_EQ(caller.error(), Errc::timed_out);
        EXPECT_THAT(told.broken, ElementsAre(HasSubstr(set_up ? "idle_timeout" : "not set up")));
    }
}

TEST(InspectedExchange, AReloadThatRemovesTheMappingEndsItsStreams) {
    Told told;
    InspectedWorld world(lines(told));
    auto& first = world.connected();
    auto& second = world.connected();
    world.backend.retire();
    ASSERT_TRUE(world.ends(first));
    ASSERT_TRUE(world.ends(second));
    EXPECT_EQ(first.error(), Errc::aborted);
    EXPECT_THAT(told.broken, ElementsAre(HasSubstr("removed"), HasSubstr("removed")));
    ASSERT_TRUE(world.until([&] { return world.system().ended(); }));
    EXPECT_EQ(world.system().heard(), "bye\n");
}

}  // namespace
}  // namespace sallyport::agent
