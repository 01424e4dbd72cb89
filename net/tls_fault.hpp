#pragma once

#include <boost/system/error_code.hpp>

namespace sallyport::net {

/// Why a peer whose chain is good was refused nevertheless: `error().code == TlsFault::revoked`.
enum class TlsFault {
    revoked = 1,         // its authority took its certificate back
    revocation_unknown,  // the list that would say so is out of date
    pin,                 // it has another key than the administrator named
};

const boost::system::error_category& tls_category();
inline boost::system::error_code make_error_code(TlsFault fault) {
    return {static_cast<int>(fault), tls_category()};
}

}  // namespace sallyport::net

template <>
struct boost::system::is_error_code_enum<sallyport::net::TlsFault> : std::true_type {};
