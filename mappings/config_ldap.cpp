#include "mappings/config_ldap.hpp"

#include "ldap/policy.hpp"

namespace sallyport::mappings {

std::vector<std::string> read_operations(ConfigTable& table,
                                         const std::optional<InternalHost>& internal,
                                         std::vector<std::string>& warnings) {
    if (!table.has("operations")) return {};
    auto operations = table.texts("operations");
    const auto policy = ldap::Policy::of(operations);
    if (!policy) {
        table.problem("operations", policy.error().detail);
        return {};
    }
    if (internal && !facts_of(internal->protocol).directory)
        table.problem("operations", "belongs to ldap:// and ldaps://");
    if (policy->allows_any_extended())
        warnings.push_back("mapping " + table.text("virtual") +
                           ": operations has \"extended\", and some extended requests change "
                           "entries or carry other operations; name those that are needed, e.g. "
                           "\"extended:1.3.6.1.4.1.4203.1.11.3\"");
    return operations;
}

}  // namespace sallyport::mappings
