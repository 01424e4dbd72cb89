#include "agent/mapping_text.hpp"

#include <gtest/gtest.h>

namespace sallyport::agent {
namespace {

TEST(MappingText, SaysWhatWasSaidAndNothingElse) {
    EXPECT_EQ(mapping_text({.name = "a:1", .internal = "tcp://b:1"}),
              "[[mapping]]\nvirtual = \"a:1\"\ninternal = \"tcp://b:1\"\n");
    EXPECT_EQ(
        mapping_text({.name = "a:1",
                      .internal = "http://b",
                      .hub = "prod",
                      .description = "the \"a\"",
                      .expires = "2026-12-31T18:00:00Z",
                      .disabled = true,
                      .paths = {"/x", "/y"},
                      .match = "subpaths",
                      .methods = {"GET", "HEAD"},
                      .upgrade = true,
                      .scenario = "s"}),
        "[[mapping]]\nvirtual = \"a:1\"\ninternal = \"http://b\"\nhub = \"prod\"\n"
        "description = \"the \\\"a\\\"\"\nexpires = \"2026-12-31T18:00:00Z\"\nenabled = false\n"
        "\n[[mapping.rule]]\npath = \"/x\"\nmatch = \"subpaths\"\nmethods = [\"GET\", \"HEAD\"]\n"
        "upgrade = true\nscenario = \"s\"\n"
        "\n[[mapping.rule]]\npath = \"/y\"\nmatch = \"subpaths\"\nmethods = [\"GET\", \"HEAD\"]\n"
        "upgrade = true\nscenario = \"s\"\n");
}

TEST(MappingText, WhatEndsAMappingEndsARuleWhereOnlyRulesAreAdded) {
    EXPECT_EQ(rules_text_of({.name = "a:1",
                             .expires = "2026-12-31T18:00:00Z",
                             .disabled = true,
                             .functions = {"Z_A"}}),
              "[[mapping.rule]]\nfunction = \"Z_A\"\nexpires = \"2026-12-31T18:00:00Z\"\n"
              "enabled = false\n");
}

TEST(MappingText, NewMappingsComeIntoFilesOfOneFolderOnly) {
    EXPECT_EQ(*document_of("/e/agent.toml", ""), "/e/mappings.d/mappings.toml");
    EXPECT_EQ(*document_of("/e/agent.toml", "erp.toml"), "/e/mappings.d/erp.toml");
    for (const char* name : {"../agent.toml", "/etc/passwd", ".toml", ".a.toml", "a", "a/b.toml"})
        EXPECT_FALSE(document_of("/e/agent.toml", name)) << name;
}

}  // namespace
}  // namespace sallyport::agent
