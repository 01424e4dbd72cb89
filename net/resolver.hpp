#pragma once

#include "net/blocking_pool.hpp"
#include "net/deadline.hpp"
#include "net/endpoint.hpp"

#include <string>
#include <vector>

namespace sallyport::net {

/// Asks the system's resolver, afresh every time: an agent that remembers an address keeps dialling
/// it after the server has moved. A literal address is returned as it is.
/// Errors: Errc::unavailable (not now, or no such name: the detail says which), Errc::timed_out.
Task<Result<std::vector<Endpoint>>> resolve(BlockingPool& pool, Loop& loop, std::string host,
                                            std::uint16_t port, Deadline deadline);

}  // namespace sallyport::net
