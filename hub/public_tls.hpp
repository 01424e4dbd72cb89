#pragma once

#include "hub/accounts.hpp"
#include "hub/agent_revocation.hpp"
#include "hub/authorities.hpp"
#include "hub/config.hpp"
#include "hub/current.hpp"
#include "hub/state.hpp"
#include "net/tls_context.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sallyport::hub {

/// What the hub's public port shows and believes: the hub's own certificate, those of
/// [[certificate]], and the authority of agents.
struct PublicTls {
    struct Named {
        std::string name;  // the first of its names
        certs::Certificate certificate;
    };
    std::shared_ptr<const net::TlsContext> context;
    std::vector<Named> named{};  // of [[certificate]], in its order
};

/// Reads the files of [[certificate]]. Errors name the file.
Result<PublicTls> make_public_tls(const Config& config, const HubState& state,
                                  const Authorities& authorities,
                                  std::shared_ptr<const Current<Accounts>> accounts,
                                  std::shared_ptr<const Current<AgentRevocation>> revocation);

}  // namespace sallyport::hub
