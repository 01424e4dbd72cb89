// What of the last good configuration (daemon/last_good) a hub may start with. Pure.
#pragma once

#include "base/result.hpp"
#include "hub/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::hub {

/// What is left of a good configuration while the file on disk is broken.
struct Narrowed {
    Config config;
    std::vector<std::string> closed{};  // what is not as it was, and how it is now
};

/// What an administrator closed, shortened or took away must not come back because he made a
/// mistake elsewhere (docs/OPERATIONS.md#last-good). So of what the present file, broken as it is,
/// does not say in the same words any more: doors are closed, times are as short as they can be,
/// and certificates are not shown; nothing is added. A line that nobody understands could have
/// meant any of them. `good` was read from `before`. Errors: Errc::denied, naming the key, where
/// nothing narrower than `good` is known.
Result<Narrowed> narrowed(Config good, std::string_view before, std::string_view present);

/// The state folder of a hub.toml that may be broken: of the first line that says it, else where it
/// is by default.
std::filesystem::path state_folder_of(std::string_view text);

}  // namespace sallyport::hub
