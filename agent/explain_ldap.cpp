#include "agent/explain_ldap.hpp"

#include "base/error.hpp"
#include "ldap/policy.hpp"

#include <string>

namespace sallyport::agent {
namespace {

std::string why_not(ldap::Refusal refusal) {
    if (refusal == ldap::Refusal::start_tls)
        return "StartTLS would hide what follows, and operations is set; use an ldaps:// mapping";
    return "operations of the mapping does not name it";
}

}  // namespace

Result<CommandOutput> explain_ldap(const mappings::Mapping& mapping, std::string_view operation,
                                   boost::json::object& facts) {
    if (!mapping.is_directory())
        return Error{Errc::malformed,
                     mapping.virtual_text() +
                         " is neither ldap:// nor ldaps://; ask with the method CONNECT"};
    const auto colon = operation.find(':');
    const auto name = ldap::find_operation(operation.substr(0, colon));
    const auto oid =
        colon == std::string_view::npos ? std::string_view() : operation.substr(colon + 1);
    if (!name || oid.empty() != (*name != ldap::Operation::extended))
        return Error{Errc::malformed,
                     "--operation must be bind, unbind, search, modify, add, delete, modifyDN, "
                     "compare, abandon or extended:OID"};
    ldap::Policy policy;
    if (!mapping.operations.empty()) {
        auto read = ldap::Policy::of(mapping.operations);
        if (!read) return read.error();
        policy = std::move(*read);
    }
    const auto refusal = policy.decide(*name, oid);
    facts["operation"] = operation;
    facts["allowed"] = refusal == ldap::Refusal::none;
    CommandOutput output;
    if (refusal != ldap::Refusal::none) {
        facts["reason"] = why_not(refusal);
        output.text = "refused: " + why_not(refusal) + "\n";
        output.exit_code = 1;
    } else {
        output.text = policy.judges() ? "allowed: operations of the mapping names it\n"
                                      : "allowed: the mapping has no operations, so none is "
                                        "refused\n";
    }
    return output;
}

}  // namespace sallyport::agent
