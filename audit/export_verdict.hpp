// An export says whether the records in it are those that were signed: a signed checkpoint beside
// them must not vouch for what somebody has changed.
#pragma once

#include "audit/exporting.hpp"
#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace sallyport::audit {

/// verify() of the segments that `report` exported records from, into `report`. That they were
/// deleted meanwhile is a problem. Errors: those of verify().
Result<void> verify_exported(const std::filesystem::path& log, ExportReport& report);

/// A problem in `report` if records were exported that were not verified.
void compare_ranges(ExportReport& report);

/// How many of the exported records are newer than the newest good checkpoint: nothing but the
/// chain holds them.
std::uint64_t unsigned_exported(const ExportReport& report);
/// That, for people; empty if all are signed.
std::string describe_unsigned(const ExportReport& report);

/// Whether all that was exported is what was signed.
bool is_good(const ExportReport& report);

/// What the manifest and `--json` say of it.
boost::json::object verdict_json(const ExportReport& report);

}  // namespace sallyport::audit
