#include "certs/token_memory.hpp"

#include "certs/principal.hpp"
#include "certs/strict_json.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sallyport::certs {
namespace {

using namespace std::chrono_literals;

using Memory = TokenMemory<std::string, int, std::hash<std::string>>;

constexpr std::size_t plenty = 1024 * 1024;

class TokenMemoryTest : public testing::Test {
protected:
    void keep(const std::string& key, int value, std::size_t bytes = 0) {
        const auto now = std::chrono::floor<std::chrono::seconds>(now_);
        memory_.keep(key, value, bytes, now + 60s);
    }
    /// 0: not known.
    int find(const std::string& key) {
        const auto* value = memory_.find(key, now_);
        return value == nullptr ? 0 : *value;
    }

    Memory::Time now_{1'700'000'000s};  // the only clock
    Memory memory_{{.tokens = 8, .bytes = plenty}};
};

TEST_F(TokenMemoryTest, KnowsWhatItWasTold) {
    keep("a", 1);
    EXPECT_EQ(find("a"), 1);
    EXPECT_EQ(find("b"), 0);
    keep("a", 2);
    EXPECT_EQ(find("a"), 2);
    EXPECT_EQ(memory_.size(), 1u);
    memory_.clear();
    EXPECT_EQ(find("a"), 0);
    EXPECT_EQ(memory_.bytes(), 0u);
}

TEST_F(TokenMemoryTest, WhatHasEndedIsNeverFoundAndTakesNoRoom) {
    keep("a", 1);
    now_ += 60s - 1ns;
    EXPECT_EQ(find("a"), 1);
    now_ += 1ns;
    EXPECT_EQ(find("a"), 0);
    EXPECT_EQ(memory_.size(), 0u);
    EXPECT_EQ(memory_.bytes(), 0u);
    now_ -= 1s;  // a clock that is set back brings nothing back
    EXPECT_EQ(find("a"), 0);
}

TEST_F(TokenMemoryTest, AnEndBeyondTheReachOfTheClockIsAnEnd) {
    memory_.keep("a", 1, 0, Memory::End(400 * 365 * 24h));
    memory_.keep("b", 2, 0, Memory::End::max());
    EXPECT_EQ(find("a"), 1);
    EXPECT_EQ(find("b"), 2);
}

TEST_F(TokenMemoryTest, WhatHasEndedInTheOlderHalfIsNotFoundEither) {
    keep("a", 1);
    for (int i = 0; i < 4; ++i) keep("x" + std::to_string(i), 7);
    now_ += 60s;
    EXPECT_EQ(find("a"), 0);
    EXPECT_EQ(memory_.size(), 4u);
}

TEST_F(TokenMemoryTest, HoldsSoManyAndKeepsWhatIsUsed) {
    keep("used", 1);
    for (int i = 0; i < 100; ++i) {
        keep("x" + std::to_string(i), 7);
        EXPECT_EQ(find("used"), 1) << i;
        EXPECT_LE(memory_.size(), 8u);
    }
    EXPECT_EQ(find("x0"), 0);
}

TEST_F(TokenMemoryTest, HoldsSoManyBytesAndKeepsWhatIsUsed) {
    memory_ = Memory({.tokens = 1000, .bytes = 100'000});
    keep("used", 1, 1000);
    std::size_t most = 0;
    for (int i = 0; i < 300; ++i) {
        keep("x" + std::to_string(i), 7, 5000);
        EXPECT_EQ(find("used"), 1) << i;
        EXPECT_LE(memory_.bytes(), 100'000u);
        most = std::max(most, memory_.size());
    }
    EXPECT_LE(most, 20u);
    EXPECT_GE(most, 10u);
}

TEST_F(TokenMemoryTest, WhatIsLargerThanHalfOfItIsNotKept) {
    memory_ = Memory({.tokens = 1000, .bytes = 10'000});
    keep("small", 1);
    keep("large", 2, 5000);
    keep("huge", 2, static_cast<std::size_t>(-1) / 2);
    EXPECT_EQ(find("large"), 0);
    EXPECT_EQ(find("huge"), 0);
    EXPECT_LE(memory_.bytes(), 10'000u);
}

TEST_F(TokenMemoryTest, TheSameKeyCountsOnce) {
    keep("a", 1);
    const auto bytes = memory_.bytes();
    for (int i = 0; i < 4; ++i) keep("x" + std::to_string(i), 7);
    keep("a", 2);  // while the first one is in the older half
    EXPECT_EQ(find("a"), 2);
    EXPECT_EQ(memory_.size(), 5u);
    EXPECT_EQ(memory_.bytes(), 5 * bytes);
}

TEST_F(TokenMemoryTest, WithoutRoomItKeepsNothing) {
    memory_ = Memory({.tokens = 0, .bytes = plenty});
    keep("a", 1);
    EXPECT_EQ(find("a"), 0);
    EXPECT_EQ(memory_.size(), 0u);
}

TEST(JsonBytes, AreAtLeastThoseOfAllTextsAndPlaces) {
    const auto of = [](std::string_view text) { return bytes_of(boost::json::parse(text)); };
    const auto empty = of("{}");
    EXPECT_GE(empty, sizeof(boost::json::value));
    EXPECT_GE(of(R"({"a":")" + std::string(1000, 'x') + R"("})"), empty + 1000);
    EXPECT_GE(of(R"({")" + std::string(1000, 'x') + R"(":1})"), empty + 1000);
    std::string many = "[0";
    for (int i = 1; i < 1000; ++i) many += ",0";
    EXPECT_GE(of(many + "]"), 1000 * sizeof(boost::json::value));
    EXPECT_GE(of(R"({"a":{"b":["c",["d",")" + std::string(500, 'x') + R"("]]}})"), empty + 500);
}

TEST(PrincipalBytes, CountTheClaims) {
    const auto of = [](std::size_t length) {
        const boost::json::object claims{
            {"iss", "i"}, {"sub", "s"}, {"x", std::string(length, 'x')}};
        return (*principal_of(UserType::business, claims))->bytes();
    };
    EXPECT_GE(of(0), sizeof(Principal));
    EXPECT_GE(of(10'000), of(0) + 10'000 - 64);
}

}  // namespace
}  // namespace sallyport::certs
