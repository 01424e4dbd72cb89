#include "mappings/authority_name.hpp"

#include "mappings/virtual_host.hpp"

namespace sallyport::mappings {

std::string name_of_authority(std::string_view authority) {
    const auto host = VirtualHost::from_authority(authority);
    return host ? host->text() : std::string(authority);
}

}  // namespace sallyport::mappings
