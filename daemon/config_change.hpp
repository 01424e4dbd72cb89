#pragma once

#include "audit/log.hpp"
#include "daemon/changed_by.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// What is different in another configuration, for the audit log: where, in the words of SAP's
/// administrators (docs/AUDIT.md#categories), and what. Never a secret.
struct ConfigChange {
    /// Of all changes as they stand in a record; the others are counted.
    static constexpr std::size_t changes_text_bytes_max = 1'800;

    std::set<std::string_view> categories{};  // literals
    std::vector<std::string> changes{};

    /// "AllowedResource,BackendMapping"
    std::string categories_text() const;
    /// "mapping erp.virtual:44300 added; hub prod changed; and 3 more"
    std::string changes_text() const;
    /// As it stands in the log.
    audit::ConfigurationChange made_by(const ChangedBy& by) const;
};

}  // namespace sallyport::daemon
