#pragma once

#include "base/result.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace sallyport::daemon {

/// Asks a running daemon over its admin socket and waits for the answer. For command-line tools.
/// Errors: Errc::unavailable if no daemon listens there, Errc::denied without the right to open the
/// socket, Errc::failed with the daemon's own text if it refuses; any other: it was asked, but no
/// answer came, so what was asked for may have happened.
Result<boost::json::object> ask_daemon(const std::filesystem::path& socket,
                                       const std::string& method, const std::string& target,
                                       std::chrono::seconds patience = std::chrono::seconds(60),
                                       std::string body = {});

inline constexpr std::size_t text_bytes_max = std::size_t{16} * 1024 * 1024;

/// The same for an answer that is no JSON, up to text_bytes_max: the metrics.
Result<std::string> ask_daemon_for_text(const std::filesystem::path& socket,
                                        const std::string& target,
                                        std::chrono::seconds patience = std::chrono::seconds(60));

}  // namespace sallyport::daemon
