#pragma once

#include <string>
#include <string_view>

namespace sallyport::mappings {

/// A virtual host as it stands on record, always with its port, though an http client leaves 80
/// out: "erp.virtual:80" of "ERP.virtual". What is none stays as it is.
std::string name_of_authority(std::string_view authority);

}  // namespace sallyport::mappings
