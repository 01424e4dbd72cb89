#include "base/input_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;

class InputFile : public ::testing::Test {
protected:
    std::filesystem::path write(std::string_view content, mode_t mode) {
        const auto path = folder_.path() / "file";
        EXPECT_TRUE(replace_file(path, content, mode));
        return path;
    }

    test::TemporaryFolder folder_;
};

TEST_F(InputFile, ReadsARegularFileUpToItsLimit) {
    EXPECT_EQ(*read_input_file(write("twelve bytes", 0644), 12), "twelve bytes");
    EXPECT_EQ(*read_input_file(write("", 0644), 12), "");
    const auto more = read_input_file(write("thirteen byte", 0644), 12);
    EXPECT_EQ(more.error().code, Errc::limit);
    EXPECT_THAT(more.error().detail, HasSubstr("file has more than 12 bytes"));
}

TEST_F(InputFile, ReadsAFileWhoseSizeTheSystemDoesNotTell) {
    EXPECT_THAT(*read_input_file("/proc/self/status", 1 << 20), HasSubstr("Pid:"));
}

TEST_F(InputFile, AHoleOf100MegabytesIsRefusedWithoutBeingRead) {
    const auto path = write("", 0644);
    std::filesystem::resize_file(path, 100'000'000);
    EXPECT_EQ(read_config_file(path, config_file_bytes_max).error().code, Errc::limit);
}

TEST_F(InputFile, WhatIsNoFileIsNamedAndNotWaitedFor) {
    const auto pipe = folder_.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto loop = folder_.path() / "loop";
    std::filesystem::create_symlink(loop, loop);
    EXPECT_THAT(read_input_file(pipe, 9).error().detail, HasSubstr("is a named pipe, not a file"));
    EXPECT_THAT(read_input_file(folder_.path(), 9).error().detail, HasSubstr("is a folder"));
    EXPECT_THAT(read_input_file("/dev/zero", 9).error().detail, HasSubstr("is a device"));
    EXPECT_EQ(read_input_file(loop, 9).error().code,
              boost::system::errc::too_many_symbolic_link_levels);
    EXPECT_EQ(read_input_file(folder_.path() / "none", 9).error().code,
              boost::system::errc::no_such_file_or_directory);
}

TEST_F(InputFile, AConfigurationThatEverybodyMayChangeIsRefused) {
    EXPECT_TRUE(read_config_file(write("x", 0664), 9));
    const auto open = write("x", 0666);
    EXPECT_EQ(read_config_file(open, 9).error().code, Errc::denied);
    EXPECT_THAT(read_config_file(open, 9).error().detail, HasSubstr("chmod o-w " + open.string()));
}

TEST_F(InputFile, ASecretOfOurOwnIsReadOnlyIfNobodyElseMayUseIt) {
    for (const mode_t mode : {0600u, 0400u})
        EXPECT_EQ(read_own_secret(write("secret", mode), 64)->reveal(), "secret");
    for (const mode_t mode : {0640u, 0620u, 0604u, 0601u, 0777u}) {
        const auto path = write("secret", mode);
        const auto read = read_own_secret(path, 64);
        EXPECT_EQ(read.error().code, Errc::denied) << mode;
        EXPECT_THAT(read.error().detail, HasSubstr("chmod go= " + path.string()));
    }
    EXPECT_EQ(read_own_secret(write("secret", 0600), 5).error().code, Errc::limit);
}

}  // namespace
}  // namespace sallyport
