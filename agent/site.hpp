#pragma once

#include "agent/config.hpp"
#include "mappings/table.hpp"

#include <memory>

namespace sallyport::agent {

/// What this site exposes at one moment: one valid configuration and the table made of it.
/// Immutable; a reload publishes a new one, and an exchange keeps the one it began with.
struct Site {
    Config config;
    mappings::Table table;
};

using SitePtr = std::shared_ptr<const Site>;

}  // namespace sallyport::agent
