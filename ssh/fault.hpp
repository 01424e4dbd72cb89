#pragma once

#include <boost/system/error_code.hpp>

namespace sallyport::ssh {

/// What went wrong at an SSH server, as far as a caller acts on it or somebody must be told:
/// `error().code == Fault::host_key_changed`.
enum class Fault {
    unreachable = 1,     // it does not answer, or the session with it broke
    host_key_unknown,    // the known_hosts file does not name its key
    host_key_changed,    // the known_hosts file names another key, or revokes this one
    login,               // it does not let us in with our key
    forbidden,           // it lets us in, but not open this channel
    target_unreachable,  // it tried, and the system behind it does not answer
};

const boost::system::error_category& fault_category();
inline boost::system::error_code make_error_code(Fault fault) {
    return {static_cast<int>(fault), fault_category()};
}

}  // namespace sallyport::ssh

template <>
struct boost::system::is_error_code_enum<sallyport::ssh::Fault> : std::true_type {};
