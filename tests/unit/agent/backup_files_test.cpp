#include "agent/backup_files.hpp"

#include "agent/restore_staging.hpp"
#include "audit/log_cut.hpp"
#include "base/error.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>

namespace sallyport::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(BackupFiles, NothingOfTheIdentityIsKept) {
    for (const char* name : {"epoch", "principal-ca.pem", "principal-ca.next.pem",
                             "system-certificate.pem", "witnesses.json", "overrides.json"})
        EXPECT_TRUE(is_state_kept(name)) << name;
    for (const char* name : {"identity", "identity/a/key.pem", "audit.key", "audit.key.new",
                             "audit.erasure", "forward", "principal-ca.pending.pem",
                             "recorded_certificate", ".restore", "", "anything"})
        EXPECT_FALSE(is_state_kept(name)) << name;
}

TEST(BackupFiles, OnlyWhatABackupHasMayComeToTheDisk) {
    for (const char* name :
         {"backup.json", "config/agent.toml", "config/mappings.d/a.toml", "config/keys/x.pem",
          "state/epoch", "state/audit/vkeys", "state/audit/witnesses",
          "state/audit/00000000000000000000.jsonl", "state/audit/00000000000000000000.jsonl.gz",
          "state/audit/00000000000000000000.cp", "state/audit/00000000000000000000.pii",
          "state/audit/00000000000000000000.jsonl.9120.torn",
          "state/audit/00000000000000000000.jsonl.9120.1.torn", "state/audit/prod.countersigned",
          "state/audit/generation-0001/vkeys", "state/audit/generation-0001/broken.json"})
        EXPECT_TRUE(is_restorable(name)) << name;
    for (const char* name : {"",
                             "etc/passwd",
                             "/etc/passwd",
                             "config",
                             "config/",
                             "config/../x",
                             "config/a b",
                             "state/identity/a/key.pem",
                             "state/audit.key",
                             "state/audit",
                             "state/audit/",
                             "state/audit/x",
                             "state/audit/broken.json",
                             "state/audit/.hidden.countersigned",
                             "state/audit/0.jsonl",
                             "state/audit/00000000000000000000.jsonl.torn",
                             "state/audit/00000000000000000000.jsonl.x.torn",
                             "state/audit/00000000000000000000.jsonl.new",
                             "state/audit/generation-0001.moving/vkeys",
                             "state/audit/generation-x/vkeys",
                             "state/audit/generation-0001/generation-0002/vkeys",
                             "state/forward/x",
                             "SHA256SUMS",
                             "other"})
        EXPECT_FALSE(is_restorable(name)) << name;
}

TEST(BackupFiles, FindsThePathsThatAConfigurationNames) {
    EXPECT_THAT(
        quoted_paths("a = \"/etc/x\"\nb = '/etc/y' # \"/etc/z\"\nc = [\"/p\", \"/etc/x\"]\n"),
        ElementsAre("/etc/x", "/etc/y", "/etc/z", "/p"));
    EXPECT_THAT(quoted_paths("a = \"x/y\"\nb = \"/not ended\nc = /bare\n\""), IsEmpty());
    EXPECT_THAT(quoted_paths(""), IsEmpty());
}

TEST(BackupFiles, ANameIsBelowAFolderOrItIsNot) {
    EXPECT_EQ(name_below("/etc/sallyport", "/etc/sallyport/a.toml"), "a.toml");
    EXPECT_EQ(name_below("/etc/sallyport/", "/etc/sallyport/x/../y/a"), "y/a");
    for (const char* path : {"/etc/sallyport", "/etc/sallyport2/a", "/etc", "/",
                             "/etc/sallyport/..", "/etc/sallyport/../passwd", "a"})
        EXPECT_EQ(name_below("/etc/sallyport", path), "") << path;
}

TEST(BackupAbout, SaysWhatItIsOrIsRefused) {
    const auto about = BackupAbout::parse(
        R"({"format":1,"program":"sallyport","configuration":"agent.toml","made":1700000000,)"
        R"("host":"h","agent":"berlin","log":{"origin":"o","size":7,"root":"r","vkey":"k"}})");
    ASSERT_TRUE(about) << to_text(about.error());
    EXPECT_EQ(about->log.size, 7u);
    EXPECT_EQ(about->text(), "made 2023-11-14T22:13:20.000000Z on h, agent berlin");
    for (const char* text :
         {"", "[]", "{}", R"({"format":2,"program":"sallyport","configuration":"a","made":1})",
          R"({"format":1,"program":"sallyport-hub","configuration":"a","made":1})",
          R"({"format":1,"program":"sallyport","configuration":"../a","made":1})",
          R"({"format":1,"program":"sallyport","configuration":"a","made":"now"})",
          R"({"format":1,"format":1,"program":"sallyport","configuration":"a","made":1})"})
        EXPECT_FALSE(BackupAbout::parse(text)) << text;
}

}  // namespace
}  // namespace sallyport::agent
