#include "agent/file_operation.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport::agent {
namespace {

using Kind = FileOperation::Kind;

struct Asked {
    std::string_view method;
    std::string_view target;
    std::vector<http::Field> fields{};
    http::BodySize body{};
};

http::RequestHead head_of(const Asked& asked) {
    http::RequestHead head;
    head.method = asked.method;
    head.authority = "files.virtual:80";
    head.target = asked.target;
    head.fields = asked.fields;
    head.body = asked.body;
    return head;
}

int status_of(const Asked& asked) {
    const auto read = read_operation(head_of(asked));
    const auto* refusal = std::get_if<http::Refusal>(&read);
    return refusal == nullptr ? 0 : refusal->status;
}

TEST(FileOperation, FollowsFromMethodAndPath) {
    const std::pair<Asked, Kind> cases[] = {
        {{"GET", "/a"}, Kind::read},
        {{"HEAD", "/a"}, Kind::read},
        {{"GET", "/a/"}, Kind::list},
        {{"GET", "/"}, Kind::list},
        {{"PUT", "/a"}, Kind::put},
        {{"DELETE", "/a"}, Kind::remove},
        {{"DELETE", "/a/"}, Kind::remove_folder},
        {{"MKCOL", "/a/"}, Kind::make_folder},
        {{"MKCOL", "/a"}, Kind::make_folder},
        {{"MOVE", "/a", {{"destination", "/b"}}}, Kind::move},
    };
    for (const auto& [asked, kind] : cases) {
        const auto read = read_operation(head_of(asked));
        ASSERT_TRUE(std::holds_alternative<FileOperation>(read)) << asked.method;
        EXPECT_EQ(std::get<FileOperation>(read).kind, kind);
        EXPECT_EQ(std::get<FileOperation>(read).only_head, asked.method == "HEAD");
    }
}

TEST(FileOperation, RefusesWhatFilesDoNotKnow) {
    const std::pair<Asked, int> cases[] = {
        {{"POST", "/a"}, 501},
        {{"PATCH", "/a"}, 501},
        {{"OPTIONS", "/a"}, 501},
        {{"GET", "/a%2fb"}, 400},
        {{"GET", "/a;v"}, 400},
        {{"PUT", "/a/"}, 409},
        {{"PUT", "/"}, 409},
        {{"DELETE", "/"}, 403},
        {{"MKCOL", "/"}, 403},
        {{"PUT", "/a", {{"content-range", "bytes 0-1/2"}}}, 400},
        {{"PUT", "/a", {{"content-encoding", "gzip"}}}, 415},
        {{"PUT", "/a", {{"content-encoding", "identity"}}}, 0},
        {{"MKCOL", "/a", {}, http::BodySize::exactly(1)}, 415},
        {{"MKCOL", "/a", {}, http::BodySize::exactly(0)}, 0},
        {{"MOVE", "/a"}, 400},
        {{"MOVE", "/a", {{"destination", ""}}}, 400},
        {{"MOVE", "/a", {{"destination", "b"}}}, 400},
        {{"MOVE", "/a", {{"destination", "ftp://files.virtual/b"}}}, 400},
        {{"MOVE", "/a", {{"destination", "http://other.virtual/b"}}}, 502},
        {{"MOVE", "/a", {{"destination", "http://files.virtual:81/b"}}}, 502},
        {{"MOVE", "/a", {{"destination", "https://files.virtual/b"}}}, 502},
        {{"MOVE", "/a", {{"destination", "http://user@files.virtual/b"}}}, 502},
        {{"MOVE", "/a", {{"destination", "/b%2fc"}}}, 400},
        {{"MOVE", "/a", {{"destination", "/b/"}}}, 409},
        {{"MOVE", "/a/", {{"destination", "/b"}}}, 409},
        {{"MOVE", "/a", {{"destination", "/a"}}}, 403},
        {{"MOVE", "/a", {{"destination", "http://files.virtual"}}}, 409},
    };
    for (const auto& [asked, status] : cases) {
        const auto* field = asked.fields.empty() ? nullptr : &asked.fields[0];
        EXPECT_EQ(status_of(asked), status)
            << asked.method << ' ' << asked.target << ' '
            << (field == nullptr ? std::string_view() : field->value);
    }
}

TEST(FileOperation, ADestinationIsAPathOrAUrlOfTheSameHost) {
    for (const std::string_view text :
         {"/done/b", "http://files.virtual/done/b", "HTTP://FILES.virtual:80/done/b?x",
          "https://files.virtual:80/done/b"}) {
        const Asked asked{"MOVE", "/a", {{"destination", text}}};
        const auto target = read_destination(head_of(asked));
        ASSERT_TRUE(std::holds_alternative<std::string>(target)) << text;
        EXPECT_EQ(std::get<std::string>(target), "/done/b") << text;
    }
}

TEST(FileOperation, KnowsWhenNothingMayBeReplaced) {
    const std::pair<Asked, bool> cases[] = {
        {{"PUT", "/a"}, true},
        {{"PUT", "/a", {{"if-none-match", "*"}}}, false},
        {{"MOVE", "/a", {{"destination", "/b"}}}, true},
        {{"MOVE", "/a", {{"destination", "/b"}, {"overwrite", "T"}}}, true},
        {{"MOVE", "/a", {{"destination", "/b"}, {"overwrite", "F"}}}, false},
    };
    for (const auto& [asked, may] : cases) {
        const auto read = read_operation(head_of(asked));
        EXPECT_EQ(std::get<FileOperation>(read).may_replace, may);
    }
}

}  // namespace
}  // namespace sallyport::agent
