#include "daemon/ownership.hpp"

#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

using testing::HasSubstr;

constexpr uid_t stranger = 54'321;  // nobody's, and never this test's

TEST(Ownership, NamesWhatBelongsToSomebodyElseAndTheCommandThatMendsIt) {
    const test::TemporaryFolder folder;
    ASSERT_TRUE(replace_file(folder.path() / "key.pem", "x", 0600));
    const auto advice = ownership_advice(folder.path(), stranger);
    EXPECT_THAT(advice, HasSubstr(folder.path().string() + " belongs to "));
    EXPECT_THAT(advice, HasSubstr("chown -R 54321 " + folder.path().string()));
    if (::geteuid() != 0) {
        EXPECT_EQ(ownership_advice(folder.path(), ::geteuid()), "");
        return;
    }
    // Only root can give files away.
    ASSERT_EQ(::chown(folder.path().c_str(), stranger, stranger), 0);
    EXPECT_THAT(ownership_advice(folder.path(), stranger),
                HasSubstr((folder.path() / "key.pem").string() + " belongs to root"));
    EXPECT_EQ(ownership_advice(folder.path(), 0), "");
}

TEST(Ownership, SaysNothingOfOtherFailures) {
    const test::TemporaryFolder folder;
    const Error failure{Errc::conflict, "another process is at work"};
    EXPECT_EQ(ownership_line(failure, folder.path()), "");
    EXPECT_EQ(ownership_advice(folder.path() / "none", stranger), "");
}

}  // namespace
}  // namespace sallyport::daemon
