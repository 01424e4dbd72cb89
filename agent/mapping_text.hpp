#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::agent {

/// What `mappings add` was told.
struct NewMapping {
    std::string name{};      // "host:port"
    std::string internal{};  // empty: the mapping is there, and gets rules
    std::string hub{};
    std::string description{};
    std::string expires{};  // RFC 3339
    bool disabled = false;
    std::vector<std::string> paths{};
    std::vector<std::string> functions{};
    std::string match{};
    std::vector<std::string> methods{};
    bool upgrade = false;
    std::string scenario{};
};

/// TOML of its [[mapping]], with its rules. What is not said is left out.
std::string mapping_text(const NewMapping& mapping);
/// TOML of its rules; `expires` belongs to them.
std::string rules_text_of(const NewMapping& mapping);

/// The file of mappings.d beside `config` that `name` ("erp.toml") means; the default one if it is
/// empty. Errors: Errc::malformed for what is no name of such a file.
Result<std::string> document_of(const std::filesystem::path& config, const std::string& name);

}  // namespace sallyport::agent
