#include "agent/top_view.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;

TopSample sample(const std::string& text, std::chrono::seconds at = 0s) {
    return {boost::json::parse(text).as_object(), std::chrono::steady_clock::time_point(at)};
}

std::string mapping(const std::string& name, int answered, int failed, int bytes) {
    return R"({"mapping": ")" + name + R"(", "running": 2, "outcomes": {"answered": )" +
           std::to_string(answered) + R"(, "failed": )" + std::to_string(failed) +
           R"(}, "request_bytes": 0, "response_bytes": )" + std::to_string(bytes) +
           R"(, "connections": {"busy": 1, "idle": 3, "waiting": 0}})";
}

std::string facts(const std::string& mappings) {
    return R"({"seconds": 70, "hubs": [{"name": "prod", "links": [
        {"link": 0, "state": "up", "peer": "192.0.2.1:443", "round_trip_us": 1500, "streams": 4,
         "bytes_in": 100, "bytes_out": 50},
        {"link": 1, "state": "waiting", "last_error": "no answer"}]}],
        "mappings": [)" +
           mappings + R"(], "slowest": [{"method": "GET", "virtual_host": "erp.virtual:443",
        "path": "/slow", "outcome": "answered", "status": 200, "seconds_ago": 3, "us": 12500000,
        "policy_us": 10, "principal_us": 2000, "audit_us": 30, "backend_us": 12400000}]})";
}

std::string picture(const TopSample& now, const std::optional<TopSample>& before = {},
                    TopSize size = {.rows = 40, .columns = 120}, const Paint& paint = Paint()) {
    std::string text;
    for (const auto& line : top_lines(now, before, size, paint)) text += line + "\n";
    return text;
}

TEST(TopView, ShowsLinksMappingsAndWhereTimeWent) {
    const auto text = picture(sample(facts(mapping("erp.virtual:443", 10, 1, 0))));
    EXPECT_THAT(text, HasSubstr("up 70 s, 2 exchanges running"));
    EXPECT_THAT(text, ContainsRegex("prod +0 up +1.5 ms +4 +- 192.0.2.1:443"));
    EXPECT_THAT(text, ContainsRegex("prod +1 waiting +- +- no answer"));
    EXPECT_THAT(text, ContainsRegex("2 +- +- +1 +- +1[+]3 erp.virtual:443"));
    EXPECT_THAT(text, ContainsRegex("12.5 s +0.0 ms +2.0 ms +0.0 ms +12.4 s +3 s 200 +GET erp"));
}

TEST(TopView, TellsWhatHappensPerSecondSinceThePictureBefore) {
    const auto before = sample(facts(mapping("a", 10, 0, 0) + "," + mapping("b", 0, 0, 0)), 10s);
    const auto now = sample(facts(mapping("a", 10, 0, 0) + "," + mapping("b", 30, 2, 4096)), 12s);
    const auto text = picture(now, before);
    EXPECT_THAT(text, ContainsRegex("2 +16.0 +1.0 +2 +2.0 KiB +1[+]3 b"));
    EXPECT_LT(text.find(" b"), text.find(" a "));  // the busy one first
}

TEST(TopView, StaysWithinTheTerminal) {
    std::string many;
    for (int i = 0; i < 50; ++i)
        many += (i > 0 ? "," : "") + mapping("m" + std::to_string(i), 0, 0, 0);
    for (const TopSize size : {TopSize{24, 80}, TopSize{10, 30}, TopSize{1, 1}, TopSize{60, 200}}) {
        const auto lines = top_lines(sample(facts(many)), std::nullopt, size, Paint());
        EXPECT_LE(lines.size(), size.rows);
        for (const auto& line : lines) EXPECT_LE(line.size(), size.columns) << line;
    }
    const auto usual = picture(sample(facts(many)), {}, {24, 80});
    EXPECT_THAT(usual, HasSubstr("SLOWEST"));  // all parts have room
    EXPECT_THAT(usual, HasSubstr("12.5 s"));
}

TEST(TopView, LetsNobodyWriteToTheTerminal) {
    auto text = facts(mapping("x", 0, 0, 0));
    text.replace(text.find("/slow"), 5, "/\\u001b[2J\\n\\r");
    const auto shown = picture(sample(text), {}, {40, 120}, Paint(Paint::Colours::off));
    EXPECT_EQ(shown.find('\x1b'), std::string::npos);
    EXPECT_EQ(shown.find('\r'), std::string::npos);
    EXPECT_THAT(shown, HasSubstr("/?[2J??"));
}

TEST(TopView, TakesAnythingForAnAnswer) {
    for (const auto* text : {"{}", R"({"hubs": 1, "mappings": [1, {}], "slowest": [{"us": -1}]})"})
        EXPECT_FALSE(top_lines(sample(text), sample(text), {}, Paint()).empty());
}

}  // namespace
}  // namespace sallyport::agent
