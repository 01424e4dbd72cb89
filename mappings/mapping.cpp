#include "mappings/mapping.hpp"

namespace sallyport::mappings {

std::string Mapping::virtual_text() const {
    const PortRange ports{virtual_host.port(), internal.ports.count};
    return std::string(virtual_host.host()) + ":" + ports.text();
}

}  // namespace sallyport::mappings
