#include "daemon/admin_places.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sallyport::daemon {
namespace {

using Id = AdminPlaces::Id;

/// So many come from there; all find a place.
std::vector<Id> come(AdminPlaces& places, std::size_t count, const std::string& neighbour) {
    std::vector<Id> ids;
    for (std::size_t i = 0; i < count; ++i) {
        const auto arrival = places.arrive(neighbour);
        EXPECT_TRUE(arrival.place);
        ids.push_back(arrival.place.value_or(0));
    }
    return ids;
}

TEST(AdminPlaces, StrangersGetHalfOfThemAndTheOldestMakesRoom) {
    AdminPlaces places;
    const auto ids = come(places, AdminPlaces::https_strangers_max, "192.0.2.1");
    EXPECT_EQ(places.strangers(), AdminPlaces::https_strangers_max);
    EXPECT_EQ(places.without_place(), 0u);
    const auto next = places.arrive("192.0.2.1");
    EXPECT_TRUE(next.place);
    EXPECT_EQ(next.sent_away, ids[0]);
    EXPECT_EQ(places.arrive("192.0.2.1").sent_away, ids[1]);
    EXPECT_EQ(places.strangers(), AdminPlaces::https_strangers_max);
    EXPECT_EQ(places.without_place(), 2u);
}

TEST(AdminPlaces, WhoComesOftenTakesFromHimself) {
    AdminPlaces places;
    const auto one = come(places, 1, "192.0.2.7");
    const auto many = come(places, AdminPlaces::https_strangers_max - 1, "192.0.2.1");
    EXPECT_EQ(places.arrive("192.0.2.1").sent_away, many[0]);
    EXPECT_EQ(places.arrive("192.0.2.9").sent_away, many[1]) << "of who has the most";
    EXPECT_EQ(places.arrive("192.0.2.7").sent_away, many[2]);
}

TEST(AdminPlaces, AmongNeighboursWithOneEachTheOldestGoes) {
    AdminPlaces places;
    const auto first = come(places, 1, "a");
    for (std::size_t i = 1; i < AdminPlaces::https_strangers_max; ++i)
        come(places, 1, "b" + std::to_string(i));
    EXPECT_EQ(places.arrive("c").sent_away, first[0]);
}

TEST(AdminPlaces, WhoHasLoggedInStaysWhoeverComes) {
    AdminPlaces places;
    const auto known = come(places, 3, "192.0.2.1");
    for (const auto id : known) places.log_in(id);
    EXPECT_EQ(places.strangers(), 0u);
    come(places, AdminPlaces::https_strangers_max, "192.0.2.1");
    for (int i = 0; i < 8; ++i) {
        const auto arrival = places.arrive("192.0.2.1");
        ASSERT_TRUE(arrival.sent_away);
        EXPECT_GT(*arrival.sent_away, known.back());
    }
}

TEST(AdminPlaces, AreOverWhenAllWhoHaveThemHaveLoggedIn) {
    AdminPlaces places;
    std::vector<Id> known;
    for (std::size_t i = 0; i < AdminPlaces::https_connections_max; ++i) {
        known.push_back(come(places, 1, "192.0.2.1")[0]);
        places.log_in(known.back());
    }
    const auto refused = places.arrive("192.0.2.2");
    EXPECT_FALSE(refused.place);
    EXPECT_FALSE(refused.sent_away);
    EXPECT_EQ(places.without_place(), 1u);
    places.leave(known[5]);
    EXPECT_TRUE(places.arrive("192.0.2.2").place);
    EXPECT_TRUE(places.arrive("192.0.2.2").sent_away) << "there is one place for strangers";
}

TEST(AdminPlaces, ThoseThatAreSentAwayCanPileUpToALimitOnly) {
    AdminPlaces places;
    auto ids = come(places, AdminPlaces::https_strangers_max, "192.0.2.1");
    for (std::size_t i = 0; i < AdminPlaces::https_leaving_max; ++i)
        EXPECT_TRUE(places.arrive("192.0.2.1").place);
    EXPECT_FALSE(places.arrive("192.0.2.1").place);
    places.leave(ids[0]);
    EXPECT_TRUE(places.arrive("192.0.2.1").place);
}

TEST(AdminPlaces, WhoWasSentAwayIsNotKnownAnyMore) {
    AdminPlaces places;
    const auto ids = come(places, AdminPlaces::https_strangers_max, "192.0.2.1");
    ASSERT_EQ(places.arrive("192.0.2.1").sent_away, ids[0]);
    places.log_in(ids[0]);
    EXPECT_EQ(places.arrive("192.0.2.1").sent_away, ids[1]);
    places.leave(ids[0]);
    EXPECT_EQ(places.strangers(), AdminPlaces::https_strangers_max);
}

TEST(AdminPlaces, ANeighbourIsAnAddressOrANetworkOfIpv6) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"192.0.2.1:5000", "192.0.2.1"},
        {"[2001:db8:1:2:3:4:5:6]:5000", "2001:db8:1:2::"},
        {"[2001:db8:1:2::9]:1", "2001:db8:1:2::"},
        {"[2001:db8:1:3::9]:1", "2001:db8:1:3::"},
        {"[::ffff:192.0.2.1]:5000", "192.0.2.1"},
        {"[::1]:5000", "::"},
        {"local", "local"},
        {"?", "?"},
        {"", ""},
    };
    for (const auto& [peer, neighbour] : cases) EXPECT_EQ(neighbour_of(peer), neighbour);
}

}  // namespace
}  // namespace sallyport::daemon
