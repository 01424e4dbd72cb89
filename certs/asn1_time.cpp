#include "certs/asn1_time.hpp"

#include "certs/openssl.hpp"

#include <algorithm>
#include <ctime>

namespace sallyport::certs {

std::optional<Time> time_of(const ASN1_TIME* time) {
    std::tm date{};
    // Without a time OpenSSL would take the present one.
    if (time == nullptr || ASN1_TIME_to_tm(time, &date) != 1) return std::nullopt;
    constexpr std::chrono::sys_seconds first{};
    constexpr auto last = std::chrono::floor<std::chrono::seconds>(Time::max());
    const std::chrono::sys_seconds read{std::chrono::seconds(::timegm(&date))};
    return Time(std::clamp(read, first, last));
}

}  // namespace sallyport::certs
