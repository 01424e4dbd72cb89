#include "certs/subject_variables.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <optional>
#include <span>

namespace sallyport::certs {
namespace {

namespace json = boost::json;

std::optional<std::string> scalar(const json::value& value) {
    if (const auto* text = value.if_string()) {
        if (text->empty()) return std::nullopt;
        return std::string(*text);
    }
    if (const auto* number = value.if_int64()) return std::to_string(*number);
    if (const auto* number = value.if_uint64()) return std::to_string(*number);
    if (const auto* truth = value.if_bool()) return *truth ? "true" : "false";
    return std::nullopt;
}

std::vector<std::string> texts(const json::object& claims, std::string_view name) {
    std::vector<std::string> found;
    const auto* value = claims.if_contains(name);
    if (value == nullptr) return found;
    if (const auto* list = value->if_array()) {
        for (const auto& one : *list)
            if (auto text = scalar(one)) found.push_back(std::move(*text));
    } else if (auto text = scalar(*value)) {
        found.push_back(std::move(*text));
    }
    return found;
}

}  // namespace

std::string_view to_text(UserType type) {
    return type == UserType::technical ? "Technical" : "Business";
}

std::vector<std::string> SubjectVariables::values(std::string_view name) const {
    if (name == "name") return this->name();
    if (name == "user_type") return {std::string(to_text(type_))};
    if (name.starts_with("cp.")) return root(name.substr(3));
    auto found = attribute_or_root(name);
    if (found.empty() && name == "mail") return attribute_or_root("email");
    if (found.empty() && name == "email") return attribute_or_root("mail");
    return found;
}

/// At the root only: an attribute that a user may perhaps edit must not become the name that he is
/// known by.
std::vector<std::string> SubjectVariables::name() const {
    constexpr std::array<std::string_view, 5> business = {"user_name", "email", "mail", "user_uuid",
                                                          "sub"};
    constexpr std::array<std::string_view, 4> technical = {"client_id", "cid", "sub", "azp"};
    const auto claims = type_ == UserType::technical ? std::span<const std::string_view>(technical)
                                                     : std::span<const std::string_view>(business);
    for (const auto claim : claims)
        if (auto found = root(claim); !found.empty()) return found;
    return {};
}

std::vector<std::string> SubjectVariables::root(std::string_view claim) const {
    return texts(claims_, claim);
}

std::vector<std::string> SubjectVariables::attribute_or_root(std::string_view claim) const {
    const auto* attributes = claims_.if_contains("xs.user.attributes");
    if (attributes != nullptr && attributes->is_object())
        if (auto found = texts(attributes->get_object(), claim); !found.empty()) return found;
    return root(claim);
}

}  // namespace sallyport::certs
