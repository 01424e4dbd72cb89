#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

namespace sallyport::http {

/// What one client connection may cost.
struct ServerLimits {
    std::chrono::milliseconds head_timeout{30'000};  // from the first byte of a head to its end
    std::chrono::milliseconds idle_timeout{60'000};  // between requests
    std::chrono::milliseconds drain_grace{1'000};    // for a last request, when the server stops
    std::chrono::milliseconds stall_timeout{
        60'000};  // client neither sends its body nor takes ours
    /// What must move in each stall_timeout while the client is the one that everybody waits for:
    /// one byte a minute is no progress.
    std::size_t progress_bytes_min = 4 * 1024;
    std::chrono::milliseconds linger_timeout{5'000};  // for what is left after an answer
    std::size_t unread_bytes_max = 256 * 1024;   // of a request body dropped to keep the connection
    std::string_view culprit = "sallyport-hub";  // in Proxy-Status
};

}  // namespace sallyport::http
