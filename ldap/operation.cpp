#include "ldap/operation.hpp"

#include <algorithm>
#include <array>

namespace sallyport::ldap {
namespace {

struct Facts {
    Operation operation;
    std::string_view name;
    std::uint8_t request;
    std::uint8_t response;
};

// In the order of the enumeration. The tags are class APPLICATION, primitive or constructed as RFC
// 4511 defines the type: a request in the other form is none.
constexpr std::array all{
    Facts{Operation::bind, "bind", 0x60, 0x61},
    Facts{Operation::unbind, "unbind", 0x42, 0},
    Facts{Operation::search, "search", 0x63, 0x65},
    Facts{Operation::modify, "modify", 0x66, 0x67},
    Facts{Operation::add, "add", 0x68, 0x69},
    Facts{Operation::remove, "delete", 0x4a, 0x6b},
    Facts{Operation::modify_dn, "modifyDN", 0x6c, 0x6d},
    Facts{Operation::compare, "compare", 0x6e, 0x6f},
    Facts{Operation::abandon, "abandon", 0x50, 0},
    Facts{Operation::extended, "extended", 0x77, 0x78},
};

}  // namespace

std::string_view to_text(Operation operation) {
    return operation == Operation::unknown ? "unknown"
                                           : all[static_cast<std::size_t>(operation)].name;
}

std::optional<Operation> find_operation(std::string_view name) {
    const auto* const found = std::ranges::find(all, name, &Facts::name);
    if (found == all.end()) return std::nullopt;
    return found->operation;
}

Operation operation_of(std::uint8_t tag) {
    const auto* const found = std::ranges::find(all, tag, &Facts::request);
    return found == all.end() ? Operation::unknown : found->operation;
}

std::uint8_t response_tag_of(Operation operation) {
    return operation == Operation::unknown ? std::uint8_t{0}
                                           : all[static_cast<std::size_t>(operation)].response;
}

}  // namespace sallyport::ldap
