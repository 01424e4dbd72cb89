#include "daemon/machine.hpp"

#include "tests/support/temporary_folder.hpp"

#include <cerrno>
#include <fstream>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::daemon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const ServiceAccount service{.user = 7, .groups = {70, 71}, .name = "sallyport"};

FileFacts file(uid_t user, gid_t group, mode_t mode) {
    return {.path = "/f", .user = user, .group = group, .mode = mode};
}

TEST(Machine, KnowsWhoMayReadAFile) {
    EXPECT_TRUE(may_read(file(7, 1, 0400), service));
    EXPECT_FALSE(may_read(file(7, 1, 0077), service));  // the owner's bits count for him
    EXPECT_TRUE(may_read(file(0, 71, 0040), service));
    EXPECT_FALSE(may_read(file(0, 71, 0004), service));  // and the group's for its members
    EXPECT_TRUE(may_read(file(0, 1, 0004), service));
    EXPECT_FALSE(may_read(file(0, 1, 0440), service));
    EXPECT_TRUE(may_read(file(0, 0, 0), {.user = 0, .groups = {}, .name = "root"}));
}

struct FileCase {
    FileRule rule;
    FileFacts facts;
    Verdict verdict;
    const char* remedy;
};

TEST(Machine, SaysWithWhichCommandAFileIsMended) {
    const std::vector<FileCase> cases{
        {FileRule::state_secret, file(7, 70, 0600), Verdict::good, ""},
        {FileRule::state_secret, file(7, 70, 0644), Verdict::failed, "chmod 0600 /f"},
        {FileRule::state_secret, file(0, 0, 0600), Verdict::failed,
         "chown sallyport /f && chmod 0600 /f"},
        {FileRule::secret, file(0, 70, 0640), Verdict::good, ""},
        {FileRule::secret, file(0, 70, 0644), Verdict::failed, "chmod o= /f"},
        {FileRule::secret, file(8, 70, 0640), Verdict::failed, "chown root /f"},
        {FileRule::secret, file(0, 70, 0660), Verdict::failed, "chmod g-w /f"},
        {FileRule::secret, file(7, 99, 0640), Verdict::failed, "chmod g= /f"},
        {FileRule::secret, file(0, 0, 0600), Verdict::failed, "chgrp sallyport /f && chmod g+r /f"},
        {FileRule::readable, file(0, 0, 0644), Verdict::good, ""},
        {FileRule::readable, file(0, 0, 0640), Verdict::failed,
         "chgrp sallyport /f && chmod g+r /f"},
        {FileRule::settings, file(0, 0, 0646), Verdict::failed, "chmod o-w /f"},
        {FileRule::settings, file(0, 0, 0644), Verdict::good, ""},
        {FileRule::state_folder, file(7, 70, 0700), Verdict::failed,
         "Move it away, or name another folder."},
    };
    for (const auto& one : cases) {
        const auto judged = judge_file(one.facts, one.rule, service);
        EXPECT_EQ(judged.verdict, one.verdict) << judged.seen;
        EXPECT_EQ(judged.remedy, one.remedy) << judged.seen;
    }
    auto folder = file(7, 70, 0755);
    folder.is_folder = true;
    EXPECT_EQ(judge_file(folder, FileRule::state_folder, service).remedy, "chmod 0700 /f");
    folder.mode = 0700;
    EXPECT_EQ(judge_file(folder, FileRule::state_folder, service).verdict, Verdict::good);
}

TEST(Machine, SaysWhatToDoAboutAFileThatIsNotSeen) {
    FileFacts facts{.path = "/f", .error = EACCES};
    EXPECT_THAT(judge_file(facts, FileRule::secret, service).remedy, HasSubstr("sudo -u"));
    facts.error = ENOENT;
    EXPECT_THAT(judge_file(facts, FileRule::secret, service).remedy, HasSubstr("Put the file"));
    EXPECT_THAT(judge_file(facts, FileRule::state_folder, service).remedy,
                HasSubstr("install -d -m 0700 -o sallyport /f"));
}

TEST(Machine, WritesPathsSoThatAShellTakesThemForOneWord) {
    EXPECT_EQ(shell_word("/etc/sallyport/agent.toml"), "/etc/sallyport/agent.toml");
    EXPECT_EQ(shell_word("/a b"), "'/a b'");
    EXPECT_EQ(shell_word("it's; rm -rf /"), "'it'\\''s; rm -rf /'");
    EXPECT_EQ(shell_word(""), "''");
}

TEST(Machine, LooksAtFilesAsTheyAre) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "key";
    std::ofstream(path) << "x";
    ::chmod(path.c_str(), 0640);
    EXPECT_EQ(look_at_file(path).mode, 0640U);
    EXPECT_EQ(look_at_file(path).user, ::geteuid());
    EXPECT_EQ(look_at_file(folder.path() / "none").error, ENOENT);
    EXPECT_TRUE(look_at_file(folder.path()).is_folder);
    EXPECT_EQ(account_owning(folder.path())->user, ::geteuid());
    EXPECT_FALSE(account_owning(folder.path() / "none"));
    EXPECT_GT(look_at_disk(folder.path()).bytes, 0U);
    EXPECT_EQ(look_at_disk(folder.path() / "none").error, ENOENT);
}

TEST(Machine, FindsADiskTooFull) {
    constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;
    DiskFacts disk{.folder = "/var",
                   .bytes = 100 * gibibyte,
                   .free_bytes = 50 * gibibyte,
                   .files = 1'000'000,
                   .free_files = 900'000};
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::good);
    EXPECT_THAT(judge_disk(disk).seen, HasSubstr("50 GiB of 100 GiB"));
    disk.free_bytes = 9 * gibibyte;
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::warning);
    disk.free_bytes = 1'000'000;
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::failed);
    disk.free_bytes = 50 * gibibyte;
    disk.free_files = 10;
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::failed);
    EXPECT_THAT(judge_disk(disk).remedy, HasSubstr("no inodes"));
    disk.free_files = 50'000;
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::warning);
    disk.files = disk.free_files = 0;  // btrfs counts none
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::good);
    disk.read_only = true;
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::failed);
    disk.error = ENOENT;
    EXPECT_EQ(judge_disk(disk).verdict, Verdict::failed);
}

TEST(Machine, ComparesDescriptorsWithWhatIsConfigured) {
    DescriptorFacts facts{.limit = 1024, .needed = 500, .of_daemon = true, .unit = "sallyport"};
    EXPECT_EQ(judge_descriptors(facts).verdict, Verdict::good);
    facts.needed = 2000;
    EXPECT_EQ(judge_descriptors(facts).verdict, Verdict::warning);
    EXPECT_THAT(judge_descriptors(facts).remedy, HasSubstr("LimitNOFILE=4000"));
    facts.of_daemon = false;  // a shell's limit says nothing about the service
    EXPECT_EQ(judge_descriptors(facts).verdict, Verdict::good);
}

TEST(Machine, JudgesClocks) {
    EXPECT_EQ(judge_skew(-59s, "the hub's").verdict, Verdict::good);
    EXPECT_EQ(judge_skew(120s, "the hub's").verdict, Verdict::warning);
    const auto late = judge_skew(-2h, "the hub's");
    EXPECT_EQ(late.verdict, Verdict::failed);
    EXPECT_EQ(late.seen, "this machine's clock is 2 hours behind the hub's");
    EXPECT_THAT(judge_skew(240h, "the hub's").seen, HasSubstr("10 days ahead of"));
    EXPECT_EQ(judge_synchronised(true).verdict, Verdict::good);
    EXPECT_EQ(judge_synchronised(false).verdict, Verdict::warning);
    EXPECT_EQ(judge_synchronised(std::nullopt).verdict, Verdict::skipped);
}

}  // namespace
}  // namespace sallyport::daemon
