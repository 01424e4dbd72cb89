#pragma once

#include "http/message.hpp"
#include "net/deadline.hpp"
#include "net/duplex.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sallyport::http {

inline constexpr std::size_t fetch_body_bytes_max = 1024 * 1024;

/// A request with everything in memory: for enrolment, the admin socket, key sets. Not for the data
/// path.
struct FetchRequest {
    std::string method = "GET";
    std::string target = "/";
    std::string host{};  // the Host field
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string body{};
    std::size_t response_bytes_max = fetch_body_bytes_max;
};

struct FetchResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
    std::string body{};

    /// The first field of that (lower-case) name, or "".
    std::string_view field(std::string_view name) const;
};

/// Sends one request over a connection that is not attached yet, and reads the whole response; the
/// connection is closed afterwards. Errors: Errc::timed_out, cut, protocol, malformed (a part of
/// the request cannot be written), limit (body above response_bytes_max).
net::Task<Result<FetchResponse>> fetch(net::Loop& loop, net::Duplex& duplex, FetchRequest request,
                                       net::Deadline deadline);

}  // namespace sallyport::http
