#pragma once

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

enum class UserType { business, technical };
std::string_view to_text(UserType type);  // "Business", "Technical"

/// What `${...}` means for one user, from the claims of a verified token
/// (docs/CONFIGURATION.md#subject). An empty text is as good as none.
///
/// - `name`: the first there is, at the root only, of user_name, email, mail, user_uuid, sub; of a
///   technical user of client_id, cid, sub, azp;
/// - `user_type`: Business or Technical, whatever a claim of that name says;
/// - `mail`: mail, else email; `email`: email, else mail;
/// - `cp.x`: the claim x at the root;
/// - any other x: x in `xs.user.attributes`, else x at the root.
class SubjectVariables {
public:
    SubjectVariables(UserType type, const boost::json::object& claims)
        : type_(type), claims_(claims) {}

    /// Several for a claim that is a list of several texts; none if it is missing, empty, or
    /// neither text, whole number, true or false.
    std::vector<std::string> values(std::string_view name) const;

private:
    std::vector<std::string> name() const;
    std::vector<std::string> root(std::string_view claim) const;
    std::vector<std::string> attribute_or_root(std::string_view claim) const;

    UserType type_;
    const boost::json::object& claims_;
};

}  // namespace sallyport::certs
