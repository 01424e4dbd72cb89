#include "daemon/admin_places.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace sallyport::daemon {

AdminPlaces::Arrival AdminPlaces::arrive(std::string neighbour) {
    const auto known = count(Standing::known);
    const auto places = std::min(https_strangers_max, https_connections_max - known);
    Arrival arrival;
    if (places == 0 || count(Standing::leaving) >= https_leaving_max) {
        ++without_place_;
        return arrival;
    }
    if (count(Standing::stranger) >= places) {
        arrival.sent_away = one_to_send_away(neighbour);
        places_.at(*arrival.sent_away).standing = Standing::leaving;
        ++without_place_;
    }
    arrival.place = ++last_;
    places_.emplace(last_, Place{std::move(neighbour)});
    return arrival;
}

void AdminPlaces::log_in(Id id) {
    const auto found = places_.find(id);
    if (found != places_.end() && found->second.standing == Standing::stranger)
        found->second.standing = Standing::known;
}

void AdminPlaces::leave(Id id) { places_.erase(id); }

std::size_t AdminPlaces::count(Standing standing) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        places_, [&](const auto& entry) { return entry.second.standing == standing; }));
}

/// There is one: a place is asked for only where strangers have taken all of theirs.
std::optional<AdminPlaces::Id> AdminPlaces::one_to_send_away(std::string_view newcomer) const {
    std::map<std::string_view, std::size_t> held{{newcomer, 1}};
    for (const auto& [id, place] : places_)
        if (place.standing == Standing::stranger) ++held[place.neighbour];
    std::optional<Id> chosen;
    std::size_t most = 0;
    for (const auto& [id, place] : places_) {
        if (place.standing != Standing::stranger || held[place.neighbour] <= most) continue;
        most = held[place.neighbour];
        chosen = id;
    }
    return chosen;
}

std::string neighbour_of(std::string_view peer) {
    auto host = peer.substr(0, peer.rfind(':'));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code none;
    const auto address = boost::asio::ip::make_address(std::string(host), none);
    if (none) return std::string(peer);
    if (address.is_v4()) return address.to_string();
    auto bytes = address.to_v6().to_bytes();
    if (address.to_v6().is_v4_mapped())
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
            .to_string();
    constexpr std::size_t network_bytes = 8;
    std::fill(bytes.begin() + network_bytes, bytes.end(), std::uint8_t{0});
    return boost::asio::ip::address_v6(bytes).to_string();
}

}  // namespace sallyport::daemon
