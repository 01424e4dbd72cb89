#include "daemon/bundle_redaction.hpp"

#include <gtest/gtest.h>

namespace sallyport::daemon {
namespace {

constexpr auto mark = " [left out: it may repeat parts of the configuration]";

TEST(BundleRedaction, CutsLinesThatTellWhatIsWrongWithAConfiguration) {
    struct Case {
        std::string line;
        std::string shown;  // and the mark, if it is not the whole line
    };
    for (const Case& one : std::initializer_list<Case>{
             {"t error config.refused error=\"unknown key p\"", "t error config.refused"},
             {R"({"event":"config.broken","error":"p"})", R"({"event":"config.broken)"},
             {"sallyport: /etc/sallyport/agent.toml:12:7: p",
              "sallyport: /etc/sallyport/agent.toml:12:7:"},
             {"mappings.d/erp.toml:3: p", "mappings.d/erp.toml:3:"},
             {"error agent.toml:1:1: config.refused p", "error agent.toml:1:1:"},
             {"read /etc/sallyport/agent.toml: no such file", {}},
             {"agent.toml:p then agent.toml:1:2: p", "agent.toml:p then agent.toml:1:2:"},
             {"config.reloaded configuration=sha256:1", {}},
             {"", {}},
         }) {
        const auto wanted = one.shown.empty() ? one.line : one.shown + mark;
        EXPECT_EQ(log_without_config_errors(one.line + "\n"), wanted + "\n");
    }
    EXPECT_EQ(log_without_config_errors("a\n\nconfig.broken p\nb"),
              std::string("a\n\nconfig.broken") + mark + "\nb\n");
    EXPECT_EQ(log_without_config_errors(""), "");
}

TEST(BundleRedaction, LeavesOutOfAStatusWhyTheLastGoodConfigurationIsUsed) {
    EXPECT_EQ(status_without_config_errors(R"({"warnings":["w"],"pid":1})"),
              R"({"warnings":["w"],"pid":1})");
    const std::string words = "\"[left out: it may repeat parts of the configuration]\"";
    EXPECT_EQ(status_without_config_errors(
                  R"({"warnings":["p","w"],"last_good":{"why":"p","saved":"t"}})"),
              R"({"warnings":[)" + words + "," + words + R"(],"last_good":{"why":)" + words +
                  R"(,"saved":"t"}})");
    EXPECT_EQ(status_without_config_errors("no JSON p"), "");
    EXPECT_EQ(status_without_config_errors("[]"), "");
    EXPECT_EQ(status_without_config_errors(""), "");
}

TEST(BundleRedaction, WhatIsSeenMayBeNothingOrSeveralLines) {
    EXPECT_EQ(line_without_config_error(""), "");
    EXPECT_EQ(line_without_config_error("up 12 s"), "up 12 s");
    EXPECT_EQ(line_without_config_error("BROKEN: agent.toml:1:2: p\nagent.toml:3:4: p"),
              std::string("BROKEN: agent.toml:1:2:") + mark);
}

TEST(BundleRedaction, LeavesOutRecordsOfPathsWithAQuery) {
    EXPECT_EQ(records_without_queries("{\"path\":\"/a\"}\n{\"path\":\"/a?t=p\"}\n{\"x\":\"?\"}\n"),
              "{\"path\":\"/a\"}\n{\"x\":\"?\"}\n");
    // What cannot be told apart at a glance is left out as well.
    EXPECT_EQ(records_without_queries(R"({"path":"/a\"b"})"), "");
    EXPECT_EQ(records_without_queries(R"({"path":"/a","why":"really?"})"),
              "{\"path\":\"/a\",\"why\":\"really?\"}\n");
    EXPECT_EQ(records_without_queries(""), "");
}

}  // namespace
}  // namespace sallyport::daemon
