#include "base/secret_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr FileUser service{.user = 990, .group = 980};
constexpr FileUser root{.user = 0, .group = 0};

TEST(SecretFile, IsOnlyForWhoMayKnowIt) {
    struct Case {
        FileRights rights;
        FileUser user;
        std::string_view command;  // that mends it; empty: it is good
    };
    for (const auto& [rights, user, command] : std::vector<Case>{
             {{0600, 990, 980}, service, ""},
             {{0400, 990, 980}, service, ""},
             {{0640, 0, 980}, service, ""},  // as packages give out configuration
             {{0440, 0, 0}, service, ""},    // LoadCredential= with an access list
             {{0600, 0, 0}, root, ""},
             {{0600, 1000, 1000}, root, ""},  // root checks what is the service's
             {{0640, 990, 980}, root, ""},
             {{0644, 0, 0}, service, "chmod o= /k"},
             {{0604, 990, 980}, service, "chmod o= /k"},
             {{0602, 990, 980}, service, "chmod o= /k"},
             {{0601, 990, 980}, service, "chmod o= /k"},
             {{0644, 0, 0}, root, "chmod o= /k"},
             {{0660, 990, 980}, service, "chmod g-w /k"},
             {{0620, 0, 0}, root, "chmod g-w /k"},
             {{0600, 1000, 980}, service, "chown root /k"},
             {{0640, 1000, 980}, service, "chown root /k"},
             {{0640, 990, 100}, service, "chmod g= /k"},
             {{0640, 0, 100}, service, "chmod g= /k"},
         }) {
        const auto judged = judge_secret_file("/k", rights, user);
        EXPECT_EQ(judged.has_value(), command.empty()) << std::oct << rights.mode;
        if (!judged) {
            EXPECT_THAT(judged.error().detail, EndsWith(command));
        }
    }
}

TEST(SecretPath, IsAbsoluteOrWhatTheServiceManagerGave) {
    struct Case {
        std::string text;
        std::string_view path;  // empty: refused
    };
    for (const auto& [text, path] : std::vector<Case>{
             {"/etc/sallyport/key", "/etc/sallyport/key"},
             {"credential:proxy", "/run/c/proxy"},
             {"credential:est.password_1", "/run/c/est.password_1"},
             {"credential:", ""},
             {"credential:.", ""},
             {"credential:..", ""},
             {"credential:../key", ""},
             {"credential:a/b", ""},
             {"credential:a:b", ""},
             {"credential:a b", ""},
             {std::string("credential:a\0b", 14), ""},
             {"credential:" + std::string(256, 'a'), ""},
             {"Credential:proxy", ""},
             {"key", ""},
             {"", ""},
             {std::string("/a\0b", 4), ""},
         }) {
        const auto found = secret_path(text, "/run/c");
        EXPECT_EQ(found.has_value(), !path.empty()) << text;
        if (found) {
            EXPECT_EQ(*found, path);
        } else {
            EXPECT_EQ(found.error().code, Errc::malformed);
        }
    }
}

TEST(SecretFile, IsReadOrRefusedWithWhatToDo) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "secret";
    ASSERT_TRUE(replace_file(file, "open sesame\n", 0600));
    const auto good = read_secret_file(file, 100);
    ASSERT_TRUE(good);
    EXPECT_EQ(good->reveal(), "open sesame\n");
    EXPECT_EQ(read_secret_file(file, 5).error().code, Errc::limit);
    EXPECT_TRUE(check_secret_file(file));

    ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
    const auto open = read_secret_file(file, 100);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, Errc::denied);
    EXPECT_THAT(open.error().detail, HasSubstr("chmod o= " + file.string()));
    EXPECT_FALSE(check_secret_file(file));
    EXPECT_TRUE(check_secret_file(folder.path() / "none"));

    const auto pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(read_secret_file(pipe, 100).error().code, Errc::malformed);
}

TEST(SecretFile, OfTheServiceManagerThatIsNotThereSaysWhoGivesIt) {
    const test::TemporaryFolder folder;
    ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
    const auto file = secret_path("credential:proxy", credentials_folder());
    ASSERT_TRUE(file);
    EXPECT_EQ(*file, folder.path() / "proxy");
    const auto read = read_secret_file(*file, 100);
    ::unsetenv("CREDENTIALS_DIRECTORY");
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().detail, HasSubstr("LoadCredential=proxy:"));
    EXPECT_EQ(credentials_folder(), "/run/credentials/unit_base.service");
}

}  // namespace
}  // namespace sallyport
