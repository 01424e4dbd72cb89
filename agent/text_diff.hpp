#pragma once

#include <string>
#include <string_view>

namespace sallyport::agent {

/// The difference of two texts as `diff -u` writes it, with three lines around each change; empty
/// if there is none. Large differences are shown as one change of everything between.
std::string unified_diff(std::string_view name, std::string_view before, std::string_view after);

}  // namespace sallyport::agent
