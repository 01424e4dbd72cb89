// Changing: PUT, DELETE, MOVE and MKCOL.
#include "base/error.hpp"
#include "tests/unit/agent/sftp_world.hpp"

#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::agent {
namespace {

using mappings::Content;
using mappings::Match;
using testing::HasSubstr;

class SftpWriting : public SftpTest {
protected:
    SftpWorld world;
};

TEST_F(SftpWriting, PutsAndReplacesAFile) {
    const auto created = world.put("/a.txt", "one");
    EXPECT_TRUE(created->good()) << created->trouble();
    EXPECT_EQ(created->status(), 201);
    EXPECT_EQ(world.read("a.txt"), "one");
    EXPECT_EQ(created->field("etag"), world.get("/a.txt")->field("etag"));
    std::filesystem::permissions(world.base() / "a.txt", std::filesystem::perms(0640));
    const auto replaced = world.put("/a.txt", "second");
    EXPECT_EQ(replaced->status(), 204);
    EXPECT_EQ(world.read("a.txt"), "second");
    EXPECT_EQ(std::filesystem::status(world.base() / "a.txt").permissions(),
              std::filesystem::perms(0640));
    EXPECT_EQ(world.count(), 1U) << "nothing temporary stays";
}

TEST_F(SftpWriting, PutsALargeBodyOfUnknownLength) {
    const auto put = world.ask({.method = "PUT",
                                .target = "/big",
                                .size = http::BodySize::until_end(),
                                .generated_bytes = 5'000'000});
    EXPECT_EQ(put->status(), 201);
    const auto content = world.read("big");
    ASSERT_EQ(content.size(), 5'000'000U);
    for (std::size_t i = 0; i < content.size(); i += 4999)
        ASSERT_EQ(static_cast<std::byte>(content[i]), test::pattern(test::Caller::asks_seed, i));
}

TEST_F(SftpWriting, AnEmptyBodyIsAnEmptyFile) {
    EXPECT_EQ(world.ask({.method = "PUT", .target = "/empty"})->status(), 201);
    EXPECT_TRUE(world.exists("empty"));
}

TEST_F(SftpWriting, ConditionsDecideBeforeAByteIsTaken) {
    EXPECT_EQ(world.put("/a", "1", {{"if-none-match", "*"}})->status(), 201);
    EXPECT_EQ(world.put("/a", "2", {{"if-none-match", "*"}})->status(), 412);
    const auto etag = world.get("/a")->field("etag");
    EXPECT_EQ(world.put("/a", "3", {{"if-match", "\"x\""}})->status(), 412);
    EXPECT_EQ(world.read("a"), "1");
    EXPECT_EQ(world.put("/a", "4", {{"if-match", etag}})->status(), 204);
    EXPECT_EQ(world.put("/none", "5", {{"if-match", "*"}})->status(), 412);
    EXPECT_EQ(world.count(), 1U);
}

TEST_F(SftpWriting, AnUploadIsInvisibleUntilItIsWhole) {
    const auto caller = world.start({.method = "PUT",
                                     .target = "/a",
                                     .size = http::BodySize::until_end(),
                                     .body = "half",
                                     .open_end = true});
    EXPECT_TRUE(test::run_until(world.loop, [&] { return world.count() == 1; }));
    EXPECT_FALSE(world.exists("a"));
    EXPECT_EQ(world.get("/a")->status(), 404);
    EXPECT_EQ(world.get("/")->answer().find("sallyport-upload"), std::string::npos);
    caller->say(" and half");
    caller->end();
    EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
    EXPECT_EQ(world.read("a"), "half and half");
}

/// The permissions of the upload under way, which is beside "a" and nothing else.
std::filesystem::perms upload_permissions(const SftpWorld& world) {
    for (const auto& each : std::filesystem::directory_iterator(world.base()))
        if (each.path().filename() != "a") return each.status().permissions();
    return std::filesystem::perms::unknown;
}

TEST_F(SftpWriting, NobodyElseReadsAnUploadThatReplaces) {
    for (const auto mode : {std::filesystem::perms(0600), std::filesystem::perms(0644)}) {
        world.write("a", "old");
        std::filesystem::permissions(world.base() / "a", mode);
        const auto caller = world.start({.method = "PUT",
                                         .target = "/a",
                                         .size = http::BodySize::until_end(),
                                         .body = "new",
                                         .open_end = true});
        ASSERT_TRUE(test::run_until(world.loop, [&] { return world.count() == 2; }));
        EXPECT_EQ(upload_permissions(world), std::filesystem::perms(0600));
        caller->end();
        ASSERT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
        EXPECT_EQ(caller->status(), 204);
        EXPECT_EQ(std::filesystem::status(world.base() / "a").permissions(), mode);
    }
}

TEST_F(SftpTest, WithoutItsPermissionsAFileIsNotReplaced) {
    SftpWorld world("fsetstat");
    EXPECT_EQ(world.put("/a", "1")->status(), 201);
    const auto refused = world.put("/a", "2");
    EXPECT_EQ(refused->status(), 502);
    EXPECT_THAT(refused->answer(), HasSubstr("file_server_failed"));
    EXPECT_EQ(world.read("a"), "1");
    EXPECT_TRUE(test::run_until(world.loop, [&] { return world.count() == 1; }));
}

TEST_F(SftpWriting, AnInterruptedUploadLeavesNothing) {
    world.write("a", "old");
    for (const bool cut : {true, false}) {
        const auto caller = world.start({.method = "PUT",
                                         .target = "/a",
                                         .size = http::BodySize::until_end(),
                                         .body = std::string(200'000, 'x'),
                                         .open_end = true});
        EXPECT_TRUE(test::run_until(world.loop, [&] { return world.count() == 2; }));
        if (cut)
            caller->cut();
        else
            caller->give_up();
        EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
        EXPECT_EQ(caller->error(), Errc::aborted);
        EXPECT_TRUE(test::run_until(world.loop, [&] { return world.count() == 1; }));
        EXPECT_EQ(world.read("a"), "old");
    }
}

TEST_F(SftpWriting, AnUploadThatNobodyEndsTimesOut) {
    world.options.times.response_timeout = std::chrono::milliseconds(1);
    const auto caller = world.start(
        {.method = "PUT", .target = "/a", .size = http::BodySize::until_end(), .open_end = true});
    EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
    EXPECT_EQ(caller->error(), Errc::timed_out);
    EXPECT_TRUE(test::run_until(world.loop, [&] { return world.count() == 0; }));
}

TEST_F(SftpWriting, WhereNothingCanBePut) {
    std::filesystem::create_directory(world.base() / "folder");
    std::filesystem::create_symlink("folder", world.base() / "link");
    std::filesystem::create_symlink("..", world.base() / "out");
    world.write("file", "x");
    const std::pair<const char*, int> cases[] = {
        {"/none/a", 409},
        {"/file/a", 409},
        {"/folder", 409},
        {"/link", 403},
        {"/out/a", 403},
        {"/out", 403},
        {"/.sallyport-upload-1", 403},
        {"/folder/..", 400},
    };
    for (const auto& [target, status] : cases)
        EXPECT_EQ(world.put(target, "x")->status(), status) << target;
    EXPECT_EQ(world.put("/link/a", "x")->status(), 201) << "the link stays inside";
    EXPECT_TRUE(world.exists("folder/a"));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(world.folder.path()), {}), 1);
}

TEST_F(SftpWriting, ContentIsCheckedBeforeItIsVisible) {
    world.rules = {{.path = "/json", .match = Match::subpaths, .content = Content::json},
                   {.path = "/xml", .match = Match::subpaths, .content = Content::xml},
                   {.path = "/small", .match = Match::subpaths, .size_bytes_max = 10}};
    for (const auto* name : {"json", "xml", "small"})
        std::filesystem::create_directory(world.base() / name);
    EXPECT_EQ(world.put("/json/a", "{\"a\":[1,2]}")->status(), 201);
    EXPECT_EQ(world.put("/xml/a", "<a/>")->status(), 201);
    EXPECT_EQ(world.put("/small/a", "0123456789")->status(), 201);
    const auto bad = world.put("/json/a", "{\"a\":[1,2}");
    EXPECT_EQ(bad->status(), 422);
    EXPECT_THAT(bad->answer(), HasSubstr("at byte"));
    EXPECT_EQ(world.put("/json/b", "{\"a\":")->status(), 422) << "an end too early";
    EXPECT_EQ(world.put("/json/b", "")->status(), 422);
    EXPECT_EQ(world.put("/xml/a", "<!DOCTYPE a><a/>")->status(), 422);
    EXPECT_EQ(world.put("/small/b", "01234567890")->status(), 413);
    EXPECT_EQ(world
                  .ask({.method = "PUT",
                        .target = "/small/b",
                        .size = http::BodySize::until_end(),
                        .generated_bytes = 1'000'000})
                  ->status(),
              413);
    EXPECT_EQ(world.read("json/a"), "{\"a\":[1,2]}");
    for (const auto* name : {"json", "xml", "small"})
        EXPECT_TRUE(test::run_until(world.loop, [&] { return world.count(name) == 1; })) << name;
}

TEST_F(SftpWriting, Deletes) {
    world.write("a", "x");
    std::filesystem::create_directories(world.base() / "full/sub");
    std::filesystem::create_symlink("a", world.base() / "link");
    const auto remove = [&](const char* target, test::OwnedFields fields = {}) {
        return world.ask({.method = "DELETE", .target = target, .fields = std::move(fields)})
            ->status();
    };
    EXPECT_EQ(remove("/a", {{"if-match", "\"x\""}}), 412);
    EXPECT_EQ(remove("/link"), 403);
    EXPECT_EQ(remove("/a"), 204);
    EXPECT_FALSE(world.exists("a"));
    EXPECT_EQ(remove("/a"), 404);
    EXPECT_EQ(remove("/none/a"), 404);
    EXPECT_EQ(remove("/full"), 409);
    EXPECT_EQ(remove("/full/"), 409);
    EXPECT_EQ(remove("/full/sub/"), 204);
    EXPECT_EQ(remove("/full/"), 204);
    EXPECT_EQ(remove("/"), 403);
}

TEST_F(SftpWriting, MovesFiles) {
    std::filesystem::create_directory(world.base() / "done");
    world.write("a", "A");
    world.write("b", "B");
    EXPECT_EQ(world.move("/a", "/done/a")->status(), 201);
    EXPECT_EQ(world.read("done/a"), "A");
    EXPECT_FALSE(world.exists("a"));
    EXPECT_EQ(world.move("/b", "/done/a", {{"overwrite", "F"}})->status(), 412);
    EXPECT_EQ(world.move("/b", "/done/a")->status(), 204);
    EXPECT_EQ(world.read("done/a"), "B");
    EXPECT_EQ(world.move("/done/a", "/b", {{"overwrite", "F"}})->status(), 201);
    EXPECT_EQ(world.move("/none", "/b")->status(), 404);
    EXPECT_EQ(world.move("/b", "/none/b")->status(), 409);
    EXPECT_EQ(world.move("/b", "/done")->status(), 409);
    EXPECT_EQ(world.move("/done", "/x")->status(), 409);
    std::filesystem::create_symlink("..", world.base() / "out");
    EXPECT_EQ(world.move("/b", "/out/b")->status(), 403);
    EXPECT_EQ(world.read("b"), "B");
}

TEST_F(SftpWriting, AMoveGoesAroundNoCheck) {
    world.rules = {{.path = "/in", .match = Match::subpaths},
                   {.path = "/json", .match = Match::subpaths, .content = Content::json}};
    std::filesystem::create_directory(world.base() / "in");
    std::filesystem::create_directory(world.base() / "json");
    world.write("in/a", "no json");
    world.write("json/b", "{}");
    EXPECT_EQ(world.move("/in/a", "/json/a")->status(), 403);
    EXPECT_EQ(world.move("/json/b", "/json/c")->status(), 201);
    EXPECT_EQ(world.move("/json/c", "/in/c")->status(), 201);
}

TEST_F(SftpWriting, NoSpellingLinkOrOtherRuleGoesAroundACheck) {
    world.rules = {{.path = "/json",
                    .match = Match::subpaths,
                    .methods = {"PUT"},
                    .content = Content::json,
                    .size_bytes_max = 10},
                   {.path = "/", .match = Match::subpaths}};
    std::filesystem::create_directory(world.base() / "json");
    std::filesystem::create_directory(world.base() / "other");
    std::filesystem::create_directory_symlink("../json", world.base() / "other/link");
    EXPECT_EQ(world.put("/other/a", "no json")->status(), 201);
    for (const char* target : {"/json/a", "/%6Ason/a", "/other/link/a"}) {
        EXPECT_EQ(world.put(target, "no json")->status(), 422) << target;
        EXPECT_EQ(world.put(target, "[1,2,3,4,5,6]")->status(), 413) << target;
        EXPECT_EQ(world.move("/other/a", target)->status(), 403) << target;
    }
    EXPECT_FALSE(std::filesystem::exists(world.base() / "json/a"));
    EXPECT_EQ(world.put("/%6Ason/a", "[]")->status(), 201);
}

TEST_F(SftpWriting, MakesFolders) {
    const auto make = [&](const char* target) {
        return world.ask({.method = "MKCOL", .target = target})->status();
    };
    EXPECT_EQ(make("/x/"), 201);
    EXPECT_EQ(make("/x/"), 409);
    EXPECT_EQ(make("/y/z/"), 409);
    EXPECT_EQ(world.put("/x/a", "1")->status(), 201);
}

TEST_F(SftpWriting, AReaderSeesTheOldOrTheNewFile) {
    const std::string old(300'000, 'o');
    const std::string fresh(400'000, 'n');
    world.write("a", old);
    for (int i = 0; i < 10; ++i) {
        const auto reader = world.start({.method = "GET", .target = "/a"});
        const auto writer = world.put("/a", i % 2 == 0 ? fresh : old);
        EXPECT_EQ(writer->status(), 204);
        EXPECT_TRUE(test::run_until(world.loop, [&] { return reader->over(); }));
        EXPECT_TRUE(reader->answer() == old || reader->answer() == fresh);
    }
}

TEST_F(SftpTest, AServerWithoutPosixRenameCreatesOnly) {
    SftpWorld world("posix-rename,fsync");
    EXPECT_EQ(world.put("/a", "1")->status(), 201);
    const auto refused = world.put("/a", "2");
    EXPECT_EQ(refused->status(), 501);
    EXPECT_THAT(refused->answer(), HasSubstr("cannot_replace"));
    EXPECT_EQ(world.read("a"), "1");
    world.write("b", "B");
    EXPECT_EQ(world.move("/b", "/a")->status(), 501);
    EXPECT_EQ(world.move("/b", "/c")->status(), 201);
    EXPECT_EQ(world.count(), 2U);
}

TEST_F(SftpWriting, WhatTheServerDoesNotPermitIsForbidden) {
    if (::getuid() == 0) GTEST_SKIP() << "root may do everything";
    std::filesystem::create_directory(world.base() / "closed");
    std::filesystem::permissions(world.base() / "closed", std::filesystem::perms(0500));
    EXPECT_EQ(world.put("/closed/a", "x")->status(), 403);
}

}  // namespace
}  // namespace sallyport::agent
