#pragma once

#include <boost/system/error_code.hpp>

#include <type_traits>

namespace sallyport::ssh {

/// What an SFTP server answers instead of doing something (draft-ietf-secsh-filexfer-02 section 7).
enum class SftpFault {
    end_of_file = 1,
    no_such_file = 2,
    permission_denied = 3,
    failure = 4,  // anything else, "no space left" and "exists already" among it
    bad_message = 5,
    no_connection = 6,
    connection_lost = 7,
    unsupported = 8,
};

const boost::system::error_category& sftp_category();
inline boost::system::error_code make_error_code(SftpFault fault) {
    return {static_cast<int>(fault), sftp_category()};
}

}  // namespace sallyport::ssh

template <>
struct boost::system::is_error_code_enum<sallyport::ssh::SftpFault> : std::true_type {};
