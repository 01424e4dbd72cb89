#pragma once

#include "audit/log.hpp"
#include "daemon/witness_config.hpp"
#include "daemon/witness_runner.hpp"
#include "http/fetch.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <chrono>
#include <memory>

namespace sallyport::net {
class BlockingPool;
class TlsContext;
}  // namespace sallyport::net

namespace sallyport::daemon {

/// `add-checkpoint` of C2SP tlog-witness. Errors: Errc::malformed if the offer is none.
Result<http::FetchRequest> add_checkpoint_request(const HttpsUrl& url,
                                                  const audit::Unwitnessed& offer);
/// What the answer to it says. Its signatures are not looked at yet.
WitnessReply read_witness_answer(const http::FetchResponse& answer,
                                 const audit::Unwitnessed& offer);

/// Whom the server of a witness must be. Errors: of its ca_file. Blocks.
Result<std::shared_ptr<const net::TlsContext>> witness_trust(const WitnessSettings& settings);

/// One witness behind HTTPS. Everything on one loop's thread.
class WitnessClient {
public:
    static constexpr std::chrono::seconds answer_time{20};  // from the dial to the answer's end

    WitnessClient(net::Loop& loop, net::BlockingPool& pool, const WitnessSettings& settings)
        : loop_(loop), pool_(pool), settings_(settings) {}

    /// On a connection of its own. No redirect is followed.
    net::Task<WitnessReply> ask(audit::Unwitnessed offer);

private:
    net::Task<Result<http::FetchResponse>> post(http::FetchRequest request);

    net::Loop& loop_;
    net::BlockingPool& pool_;
    const WitnessSettings& settings_;
    std::shared_ptr<const net::TlsContext> trust_;  // read again after anything went wrong
};

}  // namespace sallyport::daemon
