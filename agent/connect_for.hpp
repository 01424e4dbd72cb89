#pragma once

#include "agent/connector.hpp"
#include "http/service.hpp"

namespace sallyport::agent {

/// Connects for a caller: one who leaves is not kept waiting, and neither is his place among the
/// connections. Errors: those of the Connector; Errc::aborted.
net::Task<Result<std::unique_ptr<net::Duplex>>> connect_for(http::Answer& down,
                                                            Connector& connector,
                                                            const Login* login,
                                                            net::Deadline deadline);

/// Until the caller leaves: the other side of `||`.
net::Task<Result<void>> until_left(http::Answer& down);

}  // namespace sallyport::agent
