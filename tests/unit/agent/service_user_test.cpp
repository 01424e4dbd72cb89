#include "agent/service_user.hpp"

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace sallyport::agent {
namespace {

TEST(ServiceUser, MayWriteWhatIsItsOwnAndWhatIsNotThereYet) {
    const test::TemporaryFolder folder;
    EXPECT_TRUE(check_service_user(folder.path()));
    EXPECT_TRUE(check_service_user(folder.path() / "missing"));
}

TEST(ServiceUser, IsNotRootWhereTheAgentIsSomebodyElse) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
    constexpr uid_t nobody_by_name = 54321;
    const test::TemporaryFolder folder;
    ASSERT_EQ(::chown(folder.path().c_str(), nobody_by_name, nobody_by_name), 0);
    const auto may = check_service_user(folder.path());
    ASSERT_FALSE(may);
    EXPECT_EQ(may.error().code, Errc::denied);
    EXPECT_NE(may.error().detail.find("runuser -u #54321"), std::string::npos)
        << may.error().detail;
}

}  // namespace
}  // namespace sallyport::agent
