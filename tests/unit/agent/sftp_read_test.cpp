// Reading: GET and HEAD of files and folders.
#include "base/error.hpp"
#include "tests/unit/agent/sftp_world.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace sallyport::agent {
namespace {

using testing::HasSubstr;

class SftpReading : public SftpTest {
protected:
    SftpWorld world;
};

TEST_F(SftpReading, GivesAFileWithItsValidators) {
    world.write("a.txt", "hello");
    const auto got = world.get("/a.txt");
    EXPECT_TRUE(got->good()) << got->trouble();
    EXPECT_EQ(got->status(), 200);
    EXPECT_EQ(got->answer(), "hello");
    EXPECT_EQ(got->size(), http::BodySize::exactly(5));
    EXPECT_EQ(got->field("accept-ranges"), "bytes");
    EXPECT_NE(got->field("last-modified"), "");
    const auto again = world.get("/a.txt", {{"if-none-match", got->field("etag")}});
    EXPECT_EQ(again->status(), 304);
    EXPECT_TRUE(again->good());
    const auto other = world.get("/a.txt", {{"if-match", "\"x\""}});
    EXPECT_EQ(other->status(), 412);
}

TEST_F(SftpReading, GivesAFileOfManyChunks) {
    std::string content(3'000'000, 0);
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 7U);
    world.write("big", content);
    const auto got = world.get("/big");
    EXPECT_TRUE(got->good());
    EXPECT_TRUE(got->answer() == content);
    const auto part = world.get("/big", {{"range", "bytes=1000000-1099999"}});
    EXPECT_EQ(part->status(), 206);
    EXPECT_EQ(part->field("content-range"), "bytes 1000000-1099999/3000000");
    EXPECT_TRUE(part->answer() == content.substr(1'000'000, 100'000));
    const auto beyond = world.get("/big", {{"range", "bytes=3000000-"}});
    EXPECT_EQ(beyond->status(), 416);
    EXPECT_EQ(beyond->field("content-range"), "bytes */3000000");
}

TEST_F(SftpReading, HeadTellsTheSameWithoutTheBody) {
    world.write("a.txt", "hello");
    const auto head = world.ask({.method = "HEAD", .target = "/a.txt"});
    EXPECT_EQ(head->status(), 200);
    EXPECT_EQ(head->size(), http::BodySize::exactly(5));
    EXPECT_EQ(head->answer(), "");
    EXPECT_EQ(head->field("etag"), world.get("/a.txt")->field("etag"));
}

TEST_F(SftpReading, AnEmptyFileIsAFile) {
    world.write("empty", "");
    const auto got = world.get("/empty");
    EXPECT_TRUE(got->good());
    EXPECT_EQ(got->status(), 200);
    EXPECT_EQ(got->size(), http::BodySize::exactly(0));
}

TEST_F(SftpReading, WhatIsNotThereIsNotFound) {
    world.write("file", "x");
    for (const auto* target : {"/none", "/none/a", "/file/a", "/file/", "/none/",
                               "/.sallyport-upload-1", "/.sallyport-upload-1/"}) {
        const auto got = world.get(target);
        EXPECT_EQ(got->status(), 404) << target;
        EXPECT_THAT(got->answer(), HasSubstr("file_not_found"));
    }
    EXPECT_EQ(world.get("/a%2fb")->status(), 400);
}

TEST_F(SftpReading, NamesAreLiteral) {
    world.write("a b%41;c", "x");
    EXPECT_EQ(world.get("/a%20b%2541%3Bc")->answer(), "x");
}

TEST_F(SftpReading, ListsAFolderWithoutUploadsUnderWay) {
    world.write("a.txt", "hello");
    world.write(".sallyport-upload-00", "half");
    std::filesystem::create_directory(world.base() / "sub");
    std::filesystem::create_symlink("a.txt", world.base() / "link");
    const auto got = world.get("/");
    ASSERT_TRUE(got->good()) << got->trouble();
    EXPECT_EQ(got->field("content-type"), "application/json");
    const auto listing = boost::json::parse(got->answer());
    EXPECT_FALSE(listing.at("truncated").as_bool());
    std::map<std::string, std::string> kinds;
    for (const auto& entry : listing.at("entries").as_array()) {
        kinds[entry.at("name").as_string().c_str()] = entry.at("type").as_string().c_str();
        if (entry.at("name") == "a.txt") {
            EXPECT_EQ(entry.at("size").to_number<int>(), 5);
        }
        EXPECT_THAT(entry.at("modified").as_string().c_str(), HasSubstr("T"));
    }
    const std::map<std::string, std::string> expected = {
        {"a.txt", "file"}, {"sub", "folder"}, {"link", "link"}};
    EXPECT_EQ(kinds, expected);
    const auto redirect = world.get("/sub");
    EXPECT_EQ(redirect->status(), 301);
    EXPECT_EQ(redirect->field("location"), "/sub/");
    EXPECT_EQ(boost::json::parse(world.get("/sub/")->answer()).at("entries").as_array().size(), 0U);
}

TEST_F(SftpReading, AFolderOfThousandsIsStreamed) {
    for (int i = 0; i < 2000; ++i) world.write("file-" + std::to_string(i), "");
    const auto got = world.get("/");
    ASSERT_TRUE(got->good());
    EXPECT_EQ(boost::json::parse(got->answer()).at("entries").as_array().size(), 2000U);
}

TEST_F(SftpReading, LinksThatLeadOutsideAreRefused) {
    std::ofstream(world.folder.path() / "secret") << "s";
    std::filesystem::create_directory(world.base() / "in");
    world.write("in/x", "inside");
    const std::pair<const char*, const char*> links[] = {
        {"to-file", "../secret"}, {"to-folder", ".."},        {"absolute", "/etc"},
        {"inside", "in"},         {"to-inside", "in/x"},      {"loop", "loop"},
        {"in/back", "../.."},     {"sibling", "../base-not"},
    };
    std::filesystem::create_directory(world.folder.path() / "base-not");
    std::ofstream(world.folder.path() / "base-not" / "y") << "s";
    for (const auto& [name, target] : links)
        std::filesystem::create_symlink(target, world.base() / name);
    for (const auto* target : {"/to-file", "/to-folder/secret", "/to-folder/", "/absolute/passwd",
                               "/in/back/secret", "/inside/back/secret", "/sibling/y"}) {
        const auto got = world.get(target);
        EXPECT_EQ(got->status(), 403) << target;
        EXPECT_THAT(got->answer(), HasSubstr("leads_outside")) << target;
    }
    EXPECT_EQ(world.get("/inside/x")->answer(), "inside");
    EXPECT_EQ(world.get("/to-inside")->answer(), "inside");
    EXPECT_GE(world.get("/loop")->status(), 400);
}

TEST_F(SftpReading, ALinkLeadsNowhereThatTheRuleDoesNotAllow) {
    std::filesystem::create_directory(world.base() / "public");
    std::filesystem::create_directory(world.base() / "private");
    world.write("private/x", "secret");
    world.write("public/y", "open");
    std::filesystem::create_symlink("../private/x", world.base() / "public/x");
    std::filesystem::create_symlink("../private", world.base() / "public/all");
    world.rules = {{.path = "/public", .match = mappings::Match::subpaths}};
    EXPECT_EQ(world.get("/public/y")->answer(), "open");
    EXPECT_EQ(world.get("/public/x")->status(), 403);
    EXPECT_EQ(world.get("/public/all/x")->status(), 403);
    EXPECT_EQ(world.get("/public/all/")->status(), 403);
}

TEST_F(SftpReading, WhatIsNoFileIsNotOpened) {
    ASSERT_EQ(::mkfifo((world.base() / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(world.get("/pipe")->status(), 403);
}

TEST_F(SftpReading, ASlowReaderHoldsBackTheServer) {
    world.write("big", std::string(20'000'000, 'x'));
    test::Ask ask{.method = "GET", .target = "/big"};
    auto caller = std::make_unique<test::Caller>(world.loop, ask);
    caller->pause();
    net::TaskGroup group(world.loop);
    caller->start_on(world.backend(), group);
    EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->status() == 200; }));
    test::settle(world.loop);
    EXPECT_FALSE(caller->over());
    caller->expect_bytes();
    caller->resume();
    EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
    EXPECT_EQ(caller->received(), 20'000'000U);
    EXPECT_TRUE(test::run_until_done(world.loop, group));
}

TEST_F(SftpReading, ChannelsAreKeptAndReplacedWhenTheyAreLost) {
    world.write("a", "x");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(world.get("/a")->answer(), "x");
    EXPECT_EQ(world.server.channels(), 1);
    world.server.kill();
    EXPECT_EQ(world.get("/a")->answer(), "x");
    EXPECT_EQ(world.server.channels(), 2);
}

TEST_F(SftpReading, AServerThatDiesInTheMiddleIsACut) {
    world.write("big", std::string(50'000'000, 'x'));
    test::Ask ask{.method = "GET", .target = "/big"};
    const auto caller = world.start(ask);
    caller->expect_bytes();
    EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->received() > 0; }));
    world.server.kill();
    EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
    EXPECT_FALSE(caller->finished());
    EXPECT_NE(caller->error(), boost::system::error_code());
}

TEST_F(SftpReading, OnlySoManyChannelsAtOnce) {
    world.options.limits.connections = 2;
    world.write("big", std::string(20'000'000, 'x'));
    std::vector<std::unique_ptr<test::Caller>> callers;
    for (int i = 0; i < 5; ++i) {
        callers.push_back(world.start({.method = "GET", .target = "/big"}));
        callers.back()->expect_bytes();
    }
    for (const auto& caller : callers) {
        EXPECT_TRUE(test::run_until(world.loop, [&] { return caller->over(); }));
        EXPECT_EQ(caller->received(), 20'000'000U);
    }
    EXPECT_EQ(world.server.channels(), 2);
}

}  // namespace
}  // namespace sallyport::agent
