#pragma once

#include <filesystem>
#include <string>

namespace sallyport::daemon {

/// Whether and how a corporate proxy stands between this program and a server outside.
struct ProxyWay {
    std::string url = {};                    // http://host:port, or empty: there is none
    std::filesystem::path credentials = {};  // file with "user:password", or empty

    bool operator==(const ProxyWay&) const = default;
};

}  // namespace sallyport::daemon
