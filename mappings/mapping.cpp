#include "mappings/mapping.hpp"

namespace sallyport::mappings {

std::string Mapping::virtual_text() const {
    const PortRange ports{virtual_host.port(), internal.ports.count};
    return std::string(virtual_host.host()) + ":" + ports.text();
}

std::string Mapping::internal_text() const {
    auto text = internal.text();
    for (const auto& other : others) text.append(", ").append(other.text());
    return text;
}

}  // namespace sallyport::mappings
