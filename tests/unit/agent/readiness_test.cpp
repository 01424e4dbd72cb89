#include "agent/readiness.hpp"

#include "tunnel/ready.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;

const ReadyBoard::Time moment{1h};

ReadyBoard::Hub hub_with(std::size_t links, std::chrono::milliseconds interval,
                         ReadyBoard::Time last) {
    return {.name = "prod", .links = links, .interval = interval, .last = last};
}

std::string reasons_of(const ReadyFacts& facts, ReadyBoard::Time now = moment) {
    std::string all;
    for (const auto& reason : judge_readiness(facts, now)) {
        EXPECT_FALSE(reason.text.empty());
        all += reason.code + " ";
    }
    return all;
}

TEST(Readiness, TakesALinkAndAnExchangeThatWentThereAndBackLately) {
    const auto lasts = tunnel::ready_lasts(15s);
    EXPECT_EQ(lasts, 50s);
    EXPECT_EQ(reasons_of({.hubs = {hub_with(1, 15s, moment)}}), "");
    EXPECT_EQ(reasons_of({.hubs = {hub_with(1, 15s, moment)}}, moment + lasts), "");
    EXPECT_EQ(reasons_of({.hubs = {hub_with(1, 15s, moment)}}, moment + lasts + 1ms), "no_answer ");
    EXPECT_EQ(reasons_of({.hubs = {hub_with(1, 15s, {})}}), "no_answer ");
    EXPECT_EQ(reasons_of({.hubs = {hub_with(0, 15s, moment)}}), "no_link ");
    EXPECT_EQ(reasons_of({.hubs = {hub_with(0, 0s, {})}}), "no_link ");
}

TEST(Readiness, OfAnOlderHubItsLinkIsAllThatIsKnown) {
    EXPECT_EQ(reasons_of({.hubs = {hub_with(1, 0s, {})}}), "");
}

TEST(Readiness, EveryHubAndEveryPartOfTheAgentCounts) {
    EXPECT_EQ(reasons_of({.hubs = {hub_with(1, 15s, moment), hub_with(0, 15s, moment)}}),
              "no_link ");
    EXPECT_EQ(reasons_of({.draining = true,
                          .certificate = "old",
                          .audit = "full",
                          .hubs = {hub_with(1, 15s, moment)}}),
              "draining certificate audit ");
    EXPECT_EQ(to_text(judge_readiness({.certificate = "a", .audit = "b"}, moment)), "a; b");
    EXPECT_EQ(to_text(std::vector<NotReady>()), "");
}

TEST(ReadyBoard, KnowsEachHubByItself) {
    ReadyBoard board({"prod", "test"});
    board.link_up("prod", 15s);
    board.answered("prod", moment, 800us);
    board.link_up("prod", 15s);
    board.link_down("prod");
    board.link_up("unknown", 15s);
    const auto hubs = board.look();
    ASSERT_EQ(hubs.size(), 2U);
    EXPECT_EQ(hubs[0].links, 1U);
    EXPECT_EQ(hubs[0].last, moment);
    EXPECT_EQ(hubs[0].round_trip, 800us);
    EXPECT_EQ(hubs[1].links, 0U);
}

TEST(ReadyBoard, AfterTheLastLinkHasGoneNothingIsKnownOfTheWay) {
    ReadyBoard board({"prod"});
    board.link_up("prod", 15s);
    board.answered("prod", moment, 800us);
    board.link_down("prod");
    board.link_down("prod");
    EXPECT_EQ(board.look()[0].links, 0U);
    board.link_up("prod", 0s);
    EXPECT_EQ(board.look()[0].last, ReadyBoard::Time());
    EXPECT_EQ(board.look()[0].interval, 0ms);
}

}  // namespace
}  // namespace sallyport::agent
