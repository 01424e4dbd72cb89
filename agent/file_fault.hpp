#pragma once

#include "base/result.hpp"
#include "http/refusal.hpp"

#include <optional>
#include <string_view>
#include <type_traits>

namespace sallyport::agent {

/// Why a request for a file cannot be done, though the file server is well.
enum class FileFault {
    not_found = 1,
    no_parent,      // the folder to put it into is not there
    is_folder,      // what was asked for is a folder
    not_regular,    // a device, a pipe, or of a kind that the server does not tell
    is_link,        // what would be changed is a symbolic link
    outside,        // a link leads out of the exposed folder, or of what the rule allows
    reserved_name,  // of an upload under way
    exists,
    not_empty,
    precondition,    // If-Match, If-None-Match, Overwrite
    cannot_replace,  // the server has no way to replace a file in one step
    too_large,       // for the rule
    bad_content,     // not what the rule wants
    unchecked,       // a move would go around what the rule wants
    not_stored,      // the server failed to write
};

const boost::system::error_category& file_category();
inline boost::system::error_code make_error_code(FileFault fault) {
    return {static_cast<int>(fault), file_category()};
}

/// What the caller is told about a FileFault, about what an SFTP server refused, or that it is not
/// there as it should be (502); nothing for other errors.
std::optional<http::Refusal> file_refusal(const Error& error, std::string_view virtual_host);

}  // namespace sallyport::agent

template <>
struct boost::system::is_error_code_enum<sallyport::agent::FileFault> : std::true_type {};
