// The witnesses of the agent's audit log, on the control loop: the hubs, over the workers' links,
// and those of the configuration.
#include "agent/agent.hpp"
#include "base/error.hpp"
#include "daemon/admin_server.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace sallyport::agent {

namespace asio = boost::asio;

void Agent::open_witnesses() {
    for (const auto& hub : site_->config.hubs)
        witnesses_.push_back(std::make_unique<HubWitness>(
            HubWitness::Wiring{.loop = loop_,
                               .pool = pool_,
                               .log = *log_,
                               .pins = pins_,
                               .hub = hub.name,
                               .offer = [this, name = hub.name](tunnel::Checkpoint checkpoint) {
                                   offer(name, std::move(checkpoint), 0);
                               }}));
}

/// Who gets the records before they are deleted.
void Agent::use_takers() {
    std::vector<std::string> names;
    for (const auto& hub : site_->config.hubs) names.push_back(hub.name);
    takers_->use(site_->config.audit.forwarders, site_->config.audit.witnesses, std::move(names));
}

/// A hub is one once it has shown a key, which is kept.
bool Agent::has_witness() const {
    return !site_->config.audit.witnesses.empty() ||
           std::ranges::any_of(site_->config.hubs,
                               [&](const auto& hub) { return !pins_.find(hub.name).empty(); });
}

void Agent::start_witnesses() {
    for (auto& witness : witnesses_) rotating_.spawn("witness", witness->run());
    configured_witnesses_.use(*log_, site_->config.audit.witnesses);
    log_->on_sealed([this](audit::Haste haste) {
        asio::post(loop_.executor(), [this, haste] {
            for (auto& witness : witnesses_) witness->wake(haste);
            configured_witnesses_.wake(haste);
        });
    });
}

bool Agent::press_witnesses(std::uint64_t size) {
    bool any = configured_witnesses_.press(size);
    for (auto& witness : witnesses_) any = witness->press(size) || any;
    return any;
}

void Agent::hear_witness(std::string_view hub, tunnel::ControlMessage message) {
    asio::post(loop_.executor(), [this, hub = std::string(hub), message = std::move(message)] {
        for (auto& witness : witnesses_)
            if (witness->hub() == hub) witness->hear(message);
    });
}

/// Over a link of that worker, or of one after it.
void Agent::offer(const std::string& hub, tunnel::Checkpoint checkpoint, std::size_t worker) {
    if (worker == workers_.size()) {
        for (auto& witness : witnesses_)
            if (witness->hub() == hub) witness->unsent();
        return;
    }
    auto next = [this, hub, checkpoint, worker](bool sent) {
        if (sent) return;
        asio::post(loop_.executor(),
                   [this, hub, checkpoint, worker] { offer(hub, checkpoint, worker + 1); });
    };
    workers_[worker]->ask_hub(hub, std::move(checkpoint), std::move(next));
}

/// One key of one hub, said by whoever has compared it: what is shown meanwhile does not count.
http::SimpleResponse Agent::trust_witness(std::string_view body) {
    boost::system::error_code failure;
    const auto asked = boost::json::parse(body, failure);
    const auto text = [&](const char* name) {
        const auto* member = asked.is_object() ? asked.get_object().if_contains(name) : nullptr;
        return member && member->is_string() ? std::string(member->get_string()) : std::string();
    };
    const auto hub = text("hub");
    const auto key = text("key");
    const auto witness = std::ranges::find(
        witnesses_, hub, [](const auto& one) -> const std::string& { return one->hub(); });
    if (witness == witnesses_.end())
        return daemon::admin_error(422, "invalid",
                                   "the configuration has no [[hub]] of the name \"" + hub + "\"");
    const auto before = (*witness)->trust(key);
    if (!before) return daemon::admin_error(422, "invalid", to_text(before.error()));
    http::SimpleResponse response;
    response.body = boost::json::serialize(
        boost::json::object{{"changed", {{"object", hub}, {"before", *before}, {"after", key}}}});
    return response;
}

boost::json::array Agent::witnesses_json() const {
    boost::json::array all;
    for (const auto& witness : witnesses_) all.push_back(witness->status());
    for (auto& witness : configured_witnesses_.status()) all.push_back(std::move(witness));
    return all;
}

}  // namespace sallyport::agent
