#pragma once

#include "agent/site.hpp"
#include "http/simple_service.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace sallyport::agent {

/// What check_target takes.
std::string candidate_json(const ConfigDocuments& documents);
/// Errors: Errc::malformed, Errc::limit.
Result<ConfigDocuments> read_candidate(std::string_view body);

/// What the running agent says of a configuration that is to be put in force: whether it is valid,
/// and what would change. It reads no file but credentials_file of mappings.
Result<boost::json::object> judge_candidate(const Site& running, const ConfigDocuments& documents);

}  // namespace sallyport::agent
