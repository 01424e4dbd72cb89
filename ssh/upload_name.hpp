#pragma once

#include <string>
#include <string_view>

namespace sallyport::ssh {

/// How the names of uploads under way begin: nobody takes them for finished files.
inline constexpr std::string_view upload_prefix = ".sallyport-upload-";

/// One of them that nobody has: 128 bits of chance.
std::string make_upload_name();

}  // namespace sallyport::ssh
