#include "base/paint.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace sallyport {
namespace {

TEST(Paint, PutsColoursAroundTextOnlyWhereTheyAreOn) {
    EXPECT_EQ(Paint(Paint::Colours::on)(Tone::good, "ok"), "\x1b[32mok\x1b[0m");
    EXPECT_EQ(Paint(Paint::Colours::on)(Tone::plain, "ok"), "ok");
    EXPECT_EQ(Paint(Paint::Colours::off)(Tone::bad, "no"), "no");
}

TEST(Paint, LetsNoForeignSequenceThrough) {
    EXPECT_EQ(Paint(Paint::Colours::on)(Tone::plain, "\x1b[2Jhello"), "?[2Jhello");
}

TEST(Paint, HasNoColoursForWhatIsNoTerminal) {
    const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    EXPECT_FALSE(Paint::of(file).is_on());
    ::close(file);
}

}  // namespace
}  // namespace sallyport
