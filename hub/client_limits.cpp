#include "hub/client_limits.hpp"

#include <algorithm>

namespace sallyport::hub {

ClientLimits::Verdict ClientLimits::admit(std::string_view client_id, Time now, Client*& client) {
    auto found = clients_.find(client_id);
    if (found == clients_.end()) {
        if (clients_.size() >= settings_.clients_max) forget_idle(now);
        if (clients_.size() >= settings_.clients_max) return Verdict::too_many_requests;
        const Client fresh{.aborts_left = settings_.aborts_burst, .refilled = now};
        found = clients_.emplace(std::string(client_id), fresh).first;
    }
    client = &found->second;
    refill(*client, now);
    if (client->aborts_left < 1) return Verdict::too_many_aborts;
    if (client->under_way >= settings_.requests_max) return Verdict::too_many_requests;
    ++client->under_way;
    return Verdict::admitted;
}

void ClientLimits::done(Client& client, bool aborted, Time now) {
    --client.under_way;
    if (!aborted) return;
    refill(client, now);
    client.aborts_left = std::max(0.0, client.aborts_left - 1);
}

void ClientLimits::refill(Client& client, Time now) const {
    const std::chrono::duration<double> passed = now - client.refilled;
    client.refilled = now;
    client.aborts_left = std::min(
        settings_.aborts_burst, client.aborts_left + passed.count() * settings_.aborts_per_second);
}

void ClientLimits::forget_idle(Time now) {
    for (auto& [name, client] : clients_) refill(client, now);
    std::erase_if(clients_, [this](const auto& entry) {
        return entry.second.under_way == 0 &&
               entry.second.aborts_left >= settings_.aborts_burst - 1;
    });
}

}  // namespace sallyport::hub
