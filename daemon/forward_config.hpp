#pragma once

#include "base/config_reader.hpp"
#include "forward/settings.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sallyport::daemon {

/// How many targets an audit log may have.
inline constexpr std::size_t forwarders_max = 16;

/// [[audit.forward]] of the [audit] table.
std::vector<forward::Settings> read_forwarders(ConfigTable& audit);

/// Where a program whose state is in `state_folder` keeps how far each target has come.
std::filesystem::path forward_folder(const std::filesystem::path& state_folder);

/// What is wrong with the files that they name. It keeps nobody from starting: the log does not
/// wait for its targets.
std::vector<std::string> forwarder_warnings(const std::vector<forward::Settings>& all);

}  // namespace sallyport::daemon
