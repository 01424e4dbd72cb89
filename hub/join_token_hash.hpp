#pragma once

#include <string>
#include <string_view>

namespace sallyport::hub {

/// How the hub stores the secret of a join token: SHA-256, in hexadecimal. Without salt, so that a
/// token can be found by its secret alone; right only because the secret is 256 random bits.
std::string join_token_hash(std::string_view secret);

}  // namespace sallyport::hub
