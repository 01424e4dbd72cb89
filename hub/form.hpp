#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::hub {

inline constexpr std::size_t form_parameters_max = 64;

/// `%XX` and `+` of application/x-www-form-urlencoded undone; the result is bytes.
/// Errors: Errc::malformed for a `%` without two hexadecimal digits.
Result<Secret> form_decoded(std::string_view text);

/// The parameters of an application/x-www-form-urlencoded body. Values may be secrets.
class Form {
public:
    /// Errors: Errc::malformed, also for a name that stands twice (RFC 6749 section 3.2);
    /// Errc::limit above form_parameters_max.
    static Result<Form> parse(std::string_view body);

    std::optional<std::string_view> value(std::string_view name) const;

private:
    std::vector<std::pair<std::string, Secret>> parameters_;
};

}  // namespace sallyport::hub
