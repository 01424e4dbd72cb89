#include "agent/kerberos_outages.hpp"

#include <algorithm>

namespace sallyport::agent {

std::optional<Error> KerberosOutages::ask(const std::string& realms, Time now) {
    const auto found = outages_.find(realms);
    if (found == outages_.end()) return std::nullopt;
    auto& outage = found->second;
    if (outage.is_asked || now < outage.until) return outage.error;
    outage.is_asked = true;
    return std::nullopt;
}

void KerberosOutages::silent(const std::string& realms, Error error, Time now) {
    if (!outages_.contains(realms) && outages_.size() == outages_max)
        outages_.erase(std::ranges::min_element(
            outages_, {}, [](const auto& entry) { return entry.second.until; }));
    outages_.insert_or_assign(realms, Outage{std::move(error), now + pause});
}

}  // namespace sallyport::agent
