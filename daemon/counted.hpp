#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::daemon {

/// "1 record", "2 records".
inline std::string counted(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace sallyport::daemon
