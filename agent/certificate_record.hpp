#pragma once

#include "audit/log.hpp"
#include "base/result.hpp"
#include "certs/certificate.hpp"

#include <filesystem>
#include <string_view>

namespace sallyport::agent {

/// Writes `certificate.enrolled` for a certificate in use that the log has not told of yet. `file`
/// keeps which one was told last, so that a certificate got while the log belonged to nobody (the
/// enrol command) is recorded by the first start after it. A crash in between records it twice.
/// Errors: those of the log and of `file`; nothing is lost then, the next call tries again.
Result<void> record_certificate(audit::Log& log, const certs::Certificate& certificate,
                                std::string_view purpose, const std::filesystem::path& file);

}  // namespace sallyport::agent
