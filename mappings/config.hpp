#pragma once

#include "base/config_reader.hpp"
#include "mappings/mapping.hpp"

#include <string>
#include <vector>

namespace sallyport::mappings {

/// What the documents of a configuration hold so far.
struct MappingDocuments {
    std::vector<Mapping> mappings{};
    std::vector<std::string> hubs{};      // names of the configured ones; the only ones to refer to
    std::vector<std::string> warnings{};  // of what is odd but allowed
    bool knows_kerberos = false;          // there is a [kerberos] that a principal may rest on
};

/// Reads the [[mapping]] tables of one more document (docs/CONFIGURATION.md#mapping). Problems go
/// to the document's list.
void read_mappings(ConfigTable& document, MappingDocuments& documents);

}  // namespace sallyport::mappings
