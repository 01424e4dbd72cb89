#pragma once

#include "mappings/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::mappings {

/// What a text says of mappings, where there is a hub "prod".
struct Reading {
    std::vector<Mapping> mappings;
    std::vector<std::string> warnings;
    std::string problems;
};

inline Reading read(std::string_view text) {
    ConfigProblems problems;
    auto document = read_config(text, "t", problems);
    MappingDocuments documents{{}, {"prod"}, {}};
    read_mappings(document, documents);
    document.done();
    return {documents.mappings, documents.warnings, problems.text()};
}

/// The problems of a mapping that is right but for `more`.
inline std::string problems_with(const std::string& more) {
    return read("[[mapping]]\nvirtual = \"v:1\"\ninternal = \"http://i\"\n" + more).problems;
}
inline std::string problems_with_rule(const std::string& rule) {
    return problems_with("[[mapping.rule]]\n" + rule);
}

}  // namespace sallyport::mappings
