#pragma once

#include "base/result.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace sallyport::agent {

/// Realms whose KDCs do not answer. Of those who want something there, one at a time asks again;
/// the others hear what the last one heard. So a realm that is silent holds one thread at most, and
/// keeps nobody of another realm waiting. Pure; one caller at a time.
class KerberosOutages {
public:
    using Time = std::chrono::steady_clock::time_point;
    /// Between two questions to the same realms.
    static constexpr std::chrono::seconds pause{2};
    /// Realms are named in the configuration only, but that changes while an outage lasts.
    static constexpr std::size_t outages_max = 64;

    /// The failure to repeat; nothing: the caller asks, and then calls heard() or silent().
    std::optional<Error> ask(const std::string& realms, Time now);
    /// Somebody there answered, be it with a refusal.
    void heard(const std::string& realms) { outages_.erase(realms); }
    void silent(const std::string& realms, Error error, Time now);
    void clear() { outages_.clear(); }

private:
    struct Outage {
        Error error;
        Time until;
        bool is_asked = false;  // by somebody who has not heard anything yet
    };
    std::map<std::string, Outage, std::less<>> outages_;
};

}  // namespace sallyport::agent
