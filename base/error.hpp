#pragma once

#include "base/result.hpp"

#include <boost/system/error_category.hpp>

#include <type_traits>

namespace sallyport {

/// What can go wrong, as far as a caller acts on it. Errors of the operating system and of Asio
/// keep their own categories.
enum class Errc {
    malformed = 1,  // cannot be read, or can be read in two ways
    denied,         // policy says no
    unauthorized,   // credentials missing, wrong or expired
    not_found,
    conflict,     // exists already, or contradicts what is there
    limit,        // larger or more than allowed
    unsupported,  // understood, but not offered
    not_begun,    // the other side has surely not begun with it: it may be repeated elsewhere
    unavailable,  // the other side is not there; later may work
    timed_out,
    closed,     // the peer ended the connection in an orderly way
    cut,        // it ended before the message was complete
    aborted,    // given up on purpose: the caller went away or we are stopping
    untrusted,  // a certificate or signature does not check out
    protocol,   // the peer broke the protocol
    failed,     // anything else; the detail says what
};

const boost::system::error_category& category();

inline boost::system::error_code make_error_code(Errc e) {
    return {static_cast<int>(e), category()};
}

/// The last error of the operating system (`errno`) with a detail.
Error os_error(std::string detail);

}  // namespace sallyport

template <>
struct boost::system::is_error_code_enum<sallyport::Errc> : std::true_type {};
