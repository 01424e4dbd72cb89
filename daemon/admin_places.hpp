#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// Which connections of `admin_listen` may stay. Strangers, who have not logged in, get half of the
/// places at most; when these are taken, a new one gets the place of another: of the oldest of the
/// neighbour that holds most of them, so that who comes often takes from himself. Pure: numbers go
/// in and out; closing connections is the caller's.
class AdminPlaces {
public:
    static constexpr std::size_t https_connections_max = 32;
    static constexpr std::size_t https_strangers_max = 16;  // of these
    /// Sent away, and not gone yet: as many as two turns of a net::Listener bring.
    static constexpr std::size_t https_leaving_max = 128;

    using Id = std::uint64_t;  // in the order of arrival
    struct Arrival {
        std::optional<Id> place = {};      // of the new one; none: it is to be closed
        std::optional<Id> sent_away = {};  // who is to be closed for it
    };
    /// A stranger comes. `neighbour`: see neighbour_of().
    Arrival arrive(std::string neighbour);
    /// From now on it is no stranger. Once it was sent away: nothing.
    void log_in(Id id);
    void leave(Id id);

    std::size_t strangers() const { return count(Standing::stranger); }
    /// Those that were sent away or found no place, since the start.
    std::uint64_t without_place() const { return without_place_; }

private:
    enum class Standing { stranger, known, leaving };
    struct Place {
        std::string neighbour;
        Standing standing = Standing::stranger;
    };
    std::size_t count(Standing standing) const;
    std::optional<Id> one_to_send_away(std::string_view newcomer) const;

    std::map<Id, Place> places_;
    Id last_ = 0;
    std::uint64_t without_place_ = 0;
};

/// Who counts as one: an IPv4 address, or an IPv6 network of 64 bits, of which everybody has all
/// addresses. Of "192.0.2.1:5000" or "[2001:db8::1]:5000"; anything else as it is.
std::string neighbour_of(std::string_view peer);

}  // namespace sallyport::daemon
