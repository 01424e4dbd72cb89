#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/certificate.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::hub {

/// One request to the hub's own API (tokens, enrolment), read completely. Views: valid during the
/// call they are given to.
struct ApiRequest {
    std::string_view method;
    std::string_view target;  // origin-form, with the query
    std::string_view host;    // as the client wrote it, perhaps with a port
    http::Fields fields = {};
    std::string_view body = {};
    std::optional<certs::Certificate> client_certificate = {};  // checked against the hub's CA
    std::string_view peer = {};                                 // address, for logs and alarms
    /// Set instead of client_certificate where an external authority vouches for the client
    /// (docs/PROTOCOL.md#external): nothing in it says who that is. The leaf first.
    std::vector<certs::Certificate> external_chain = {};
};

/// Its answer; whoever sends it adds the framing.
struct ApiResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields = {};
    std::string body = {};
};

/// More than any request here needs; whoever reads the body refuses larger ones with 413.
inline constexpr std::size_t api_body_bytes_max = std::size_t{64} * 1024;

/// The target without its query.
std::string_view path_of(std::string_view target);
/// The undecoded value of the first `name=value` in the query.
std::optional<std::string_view> query_value(std::string_view target, std::string_view name);

/// A field that may stand once at most. Errors: Errc::malformed if it stands twice, because two
/// readers could pick different ones.
Result<std::optional<std::string_view>> single_field(const ApiRequest& request,
                                                     std::string_view name);

/// User name and password of `Authorization: Basic` (RFC 7617), as bytes.
struct BasicCredentials {
    std::string user;
    Secret password;
};
/// Nothing if there is no Authorization field, or it uses another scheme. Errors: Errc::malformed.
Result<std::optional<BasicCredentials>> basic_credentials(const ApiRequest& request);
/// The same from the value of a field.
Result<std::optional<BasicCredentials>> parse_basic(std::string_view value);

/// Whether `value`'s authentication scheme is `scheme` (without case, RFC 9110 section 11.1); then
/// what follows it, without blanks around.
std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme);

/// Whether a Content-Type is `media_type`, parameters aside.
bool has_media_type(const ApiRequest& request, std::string_view media_type);

ApiResponse text_response(int status, std::string_view text);
ApiResponse json_response(int status, std::string_view json);
/// 405 with `Allow`.
ApiResponse method_not_allowed(std::string_view allowed);

}  // namespace sallyport::hub
