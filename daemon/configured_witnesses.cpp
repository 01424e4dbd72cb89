#include "daemon/configured_witnesses.hpp"

#include "base/error.hpp"
#include "daemon/witness_client.hpp"
#include "net/task_group.hpp"

#include <algorithm>

namespace sallyport::daemon {

struct ConfiguredWitnesses::Running {
    Running(net::Loop& loop, net::BlockingPool& pool, audit::Log& log, WitnessSettings wanted)
        : settings(std::move(wanted)),
          client(loop, pool, settings),
          runner({.loop = loop,
                  .pool = pool,
                  .log = log,
                  .name = settings.name,
                  .interval = settings.interval,
                  .key = [this] { return key(); },
                  .ask = [this](audit::Unwitnessed offer) { return client.ask(std::move(offer)); },
                  .help = "docs/AUDIT.md#own-witness"}),
          tasks(loop) {
        tasks.spawn("witness", runner.run());
    }

    std::optional<tlog::VerifierKey> key() const {
        auto parsed = tlog::VerifierKey::parse(settings.key);
        return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
    }

    const WitnessSettings settings;
    WitnessClient client;
    WitnessRunner runner;
    net::TaskGroup tasks;
};

ConfiguredWitnesses::ConfiguredWitnesses(net::Loop& loop, net::BlockingPool& pool)
    : loop_(loop), pool_(pool) {}

ConfiguredWitnesses::~ConfiguredWitnesses() = default;

void ConfiguredWitnesses::use(audit::Log& log, const std::vector<WitnessSettings>& wanted) {
    std::erase_if(ending_, [](const auto& one) { return one->tasks.empty(); });
    std::vector<std::unique_ptr<Running>> before;
    before.swap(running_);
    for (const auto& settings : wanted) {
        const auto same = std::ranges::find_if(
            before, [&](const auto& one) { return one && one->settings == settings; });
        if (same == before.end()) {
            running_.push_back(std::make_unique<Running>(loop_, pool_, log, settings));
        } else {
            (*same)->runner.hurry();  // its operator may have done what it was refused for
            running_.push_back(std::move(*same));
        }
    }
    for (auto& gone : before) {
        if (!gone) continue;
        gone->tasks.cancel();
        ending_.push_back(std::move(gone));
    }
}

void ConfiguredWitnesses::wake(audit::Haste haste) {
    for (auto& one : running_) one->runner.wake(haste);
}

bool ConfiguredWitnesses::press(std::uint64_t size) {
    bool any = false;
    for (auto& one : running_) any = one->runner.press(size) || any;
    return any;
}

net::Task<void> ConfiguredWitnesses::stop() {
    std::ranges::move(running_, std::back_inserter(ending_));
    running_.clear();
    for (auto& one : ending_) one->tasks.cancel();
    for (auto& one : ending_) co_await one->tasks.join();
    ending_.clear();
}

boost::json::array ConfiguredWitnesses::status() const {
    boost::json::array all;
    for (const auto& one : running_) {
        auto status = one->runner.status();
        status["url"] = one->settings.url.text();
        all.push_back(std::move(status));
    }
    return all;
}

std::vector<std::string> witness_warnings(const std::vector<WitnessSettings>& all) {
    std::vector<std::string> warnings;
    for (const auto& settings : all)
        if (const auto trust = witness_trust(settings); !trust)
            warnings.push_back("[[audit.witness]] " + settings.name + ": " +
                               to_text(trust.error()));
    return warnings;
}

}  // namespace sallyport::daemon
