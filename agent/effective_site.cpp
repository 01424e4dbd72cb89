#include "agent/effective_site.hpp"

#include <ostream>
#include <system_error>

namespace sallyport::agent {

Result<SitePtr> effective_site(const CommandContext& context) {
    auto site = Site::load(context.config);
    if (!site) return site;
    const auto file = (*site)->config.overrides_file();
    auto overrides = Overrides::load(file);
    if (overrides) return (*site)->with(std::move(*overrides));
    if (overrides.error().code != std::errc::permission_denied) return overrides.error();
    context.err << "note: you may not read " << file.string()
                << ", so this is what the configuration says; `sallyport status` lists what an "
                   "administrator overrides\n";
    return site;
}

}  // namespace sallyport::agent
