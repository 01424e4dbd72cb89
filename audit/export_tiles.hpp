#pragma once

#include "audit/export_folder.hpp"
#include "audit/export_source.hpp"
#include "audit/exporting.hpp"

#include <cstdint>
#include <functional>

namespace sallyport::audit {

/// Errors: Errc::unsupported, Errc::not_found.
Result<void> can_be_tiles(const ExportRequest& request, const ExportSource& source);

/// All records that the newest checkpoint covers, and that checkpoint. Errors: Errc::untrusted if
/// they are not the ones it covers.
Result<void> export_tiles(const ExportSource& source, ExportFolder& folder, ExportReport& report,
                          const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace sallyport::audit
