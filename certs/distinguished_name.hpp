#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::certs {

/// What the parts of a subject can be: those that SAP systems know, and UID.
enum class NameAttribute {
    common_name,
    email,
    locality,
    organisational_unit,
    organisation,
    state,
    country,
    user_id,
};

/// "CN", "EMAIL", "L", "OU", "O", "ST", "C", "UID"; case does not matter, E and emailAddress are
/// EMAIL.
std::optional<NameAttribute> name_attribute(std::string_view text);
std::string_view to_text(NameAttribute attribute);

/// The subject of a certificate as typed parts, the most specific first (the order of RFC 4514
/// text). No value can become a second part: text is made of the parts, never read back.
class DistinguishedName {
public:
    static constexpr std::size_t parts_max = 16;
    struct Part {
        NameAttribute attribute;
        std::string value;  // UTF-8
        bool operator==(const Part&) const = default;
    };

    /// Appends a part. Refused: an empty value, one above the bound of X.520 (characters, not
    /// bytes), invalid UTF-8, control and invisible characters, blanks that matching ignores (at an
    /// end, doubled, or not U+0020): two people must never become one name. C is two letters, EMAIL
    /// is ASCII.
    /// Errors: Errc::malformed or Errc::limit; the detail does not repeat the value.
    Result<void> add(NameAttribute attribute, std::string_view value);

    const std::vector<Part>& parts() const { return parts_; }
    bool empty() const { return parts_.empty(); }
    /// RFC 4514: "CN=Doe\, Jane,OU=sales". UTF-8 stays as it is.
    std::string text() const;

    bool operator==(const DistinguishedName&) const = default;

private:
    std::vector<Part> parts_;
};

}  // namespace sallyport::certs
