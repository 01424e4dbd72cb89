#pragma once

#include "audit/log.hpp"
#include "daemon/witness_config.hpp"
#include "daemon/witness_runner.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

#include <boost/json/array.hpp>

#include <memory>
#include <string>
#include <vector>

namespace sallyport::daemon {

/// The witnesses of [[audit.witness]] at work. Everything on one loop's thread.
class ConfiguredWitnesses {
public:
    ConfiguredWitnesses(net::Loop& loop, net::BlockingPool& pool);
    ~ConfiguredWitnesses();  // precondition: stop() has returned, or the loop will not run again

    /// These from now on: those that are gone or changed end, the others are asked again. `log`
    /// outlives this.
    void use(audit::Log& log, const std::vector<WitnessSettings>& wanted);
    /// There may be something new.
    void wake(audit::Haste haste);
    /// Asks those for so many records that can be asked and have not got them; gives whether there
    /// are any.
    bool press(std::uint64_t size);
    net::Task<void> stop();

    boost::json::array status() const;

private:
    struct Running;

    net::Loop& loop_;
    net::BlockingPool& pool_;
    std::vector<std::unique_ptr<Running>> running_;
    std::vector<std::unique_ptr<Running>> ending_;
};

/// What is wrong with the files that they name, in words. Blocks.
std::vector<std::string> witness_warnings(const std::vector<WitnessSettings>& all);

}  // namespace sallyport::daemon
