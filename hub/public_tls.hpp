#pragma once

#include "hub/authorities.hpp"
#include "hub/config.hpp"
#include "hub/current_accounts.hpp"
#include "hub/state.hpp"
#include "net/tls_context.hpp"

#include <memory>

namespace sallyport::hub {

/// What the hub's public port shows and believes: the hub's own certificate, those of
/// [[certificate]], and the authority of agents. Reads the files of [[certificate]]. Errors name
/// the file.
Result<std::shared_ptr<const net::TlsContext>> make_public_tls(
    const Config& config, const HubState& state, const Authorities& authorities,
    std::shared_ptr<CurrentAccounts> accounts);

}  // namespace sallyport::hub
