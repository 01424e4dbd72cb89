#pragma once

#include "agent/command_context.hpp"
#include "agent/site.hpp"

namespace sallyport::agent {

/// What commands that ask nobody take for in force: the configuration, with the overrides of the
/// state directory. Who may not read these is told so, and gets the configuration alone.
Result<SitePtr> effective_site(const CommandContext& context);

}  // namespace sallyport::agent
