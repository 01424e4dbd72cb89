#include "mappings/mapping.hpp"

namespace sallyport::mappings {

std::string InternalHost::text() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return std::string(protocol == Protocol::https ? "https://" : "http://") +
           (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace sallyport::mappings
