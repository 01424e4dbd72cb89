#include "hub/absolute_form.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace sallyport::hub {

Result<AbsoluteForm> parse_absolute_form(std::string_view request_target) {
    constexpr std::string_view scheme = "http://";
    constexpr std::string_view secure = "https://";
    if (equal_ignoring_case(request_target.substr(0, secure.size()), secure))
        return Error{Errc::denied,
                     "Use http:// for on-premise hosts: the connection to the internal "
                     "system is encrypted by the tunnel."};
    if (!equal_ignoring_case(request_target.substr(0, scheme.size()), scheme))
        return Error{Errc::malformed,
                     "This is a forward proxy: send the request in absolute-form, "
                     "e.g. GET http://virtual-host:port/path."};
    const auto rest = request_target.substr(scheme.size());
    const auto end = rest.find_first_of("/?#");
    const auto authority = rest.substr(0, end);
    if (authority.empty() || authority.find('@') != std::string_view::npos)
        return Error{Errc::malformed,
                     "The request-target needs a host and must not carry user info."};
    if (end == std::string_view::npos) return AbsoluteForm{authority, "/"};
    if (rest[end] != '/')
        return Error{Errc::malformed, "The request-target needs a path before its query."};
    const auto target = rest.substr(end);
    if (target.find('#') != std::string_view::npos)
        return Error{Errc::malformed, "The request-target must not carry a fragment."};
    return AbsoluteForm{authority, target};
}

}  // namespace sallyport::hub
