#include "agent/status_summary.hpp"

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string summary(const std::string& text, Paint::Colours colours = Paint::Colours::off) {
    return status_summary(boost::json::parse(text).as_object(), "", Paint(colours));
}

TEST(StatusSummary, SaysFirstWhetherAllIsWell) {
    const auto text = summary(R"({"ready": true, "mappings": 3, "seconds": 90061,
        "hubs": [{"name": "p", "links": [{"state": "up"}, {"state": "up"}]}],
        "identity": {"renewal": {"health": "good"}}})");
    EXPECT_THAT(text, StartsWith("READY  2 of 2 links up, 3 mappings, up 1 d 1 h\n"));
    EXPECT_THAT(text, Not(HasSubstr("to look at")));
}

TEST(StatusSummary, SaysWhatIsWrongAndWhatToDo) {
    const std::string broken = R"({"ready": false, "mappings": 3, "seconds": 61,
        "hubs": [{"name": "p", "links": [{"state": "waiting", "last_error": "no answer"}]}],
        "audit": {"healthy": false, "failure": "no space", "on_failure": "block"}})";
    const auto text = summary(broken);
    EXPECT_THAT(text, StartsWith("NOT READY  0 of 1 link up"));
    EXPECT_THAT(text, HasSubstr("2 things to look at:"));
    EXPECT_THAT(text, HasSubstr("no answer"));
    EXPECT_THAT(text, HasSubstr("-> Make room"));
    EXPECT_THAT(summary(broken, Paint::Colours::on), StartsWith("\x1b[1;31mNOT READY\x1b[0m"));
}

}  // namespace
}  // namespace sallyport::agent
