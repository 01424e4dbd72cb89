#include "hub/api.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace sallyport::hub {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::optional<std::string_view> query_value(std::string_view target, std::string_view name) {
    const auto question = target.find('?');
    if (question == std::string_view::npos) return std::nullopt;
    auto rest = target.substr(question + 1);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) return pair.substr(std::min(equals + 1, pair.size()));
    }
    return std::nullopt;
}

Result<std::optional<std::string_view>> single_field(const ApiRequest& request,
                                                     std::string_view name) {
    std::optional<std::string_view> found;
    for (const auto& field : request.fields) {
        if (field.name != name) continue;
        if (found) return Error{Errc::malformed, "the field " + std::string(name) + " came twice"};
        found = field.value;
    }
    return found;
}

std::optional<std::string_view> after_scheme(std::string_view value, std::string_view scheme) {
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ') return std::nullopt;
    if (!equal_ignoring_case(value.substr(0, scheme.size()), scheme)) return std::nullopt;
    return trimmed(value.substr(scheme.size()));
}

Result<std::optional<BasicCredentials>> parse_basic(std::string_view value) {
    const auto encoded = after_scheme(value, "Basic");
    if (!encoded) return std::nullopt;
    auto decoded = from_base64(*encoded);
    if (!decoded) return Error{Errc::malformed, "Basic credentials are not base64"};
    const auto text = as_text(*decoded);
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return Error{Errc::malformed, "Basic credentials have no colon"};
    BasicCredentials credentials{.user = std::string(text.substr(0, colon)),
                                 .password = Secret(std::string(text.substr(colon + 1)))};
    explicit_bzero(decoded->data(), decoded->size());
    return std::optional(std::move(credentials));
}

Result<std::optional<BasicCredentials>> basic_credentials(const ApiRequest& request) {
    const auto value = single_field(request, "authorization");
    if (!value) return value.error();
    if (!*value) return std::nullopt;
    return parse_basic(**value);
}

bool has_media_type(const ApiRequest& request, std::string_view media_type) {
    const auto* field = http::find(request.fields, "content-type");
    if (field == nullptr) return false;
    return equal_ignoring_case(trimmed(field->value.substr(0, field->value.find(';'))), media_type);
}

ApiResponse text_response(int status, std::string_view text) {
    return {
        .status = status,
        .fields = {{"content-type", "text/plain; charset=utf-8"}, {"cache-control", "no-store"}},
        .body = std::string(text) + '\n'};
}

ApiResponse json_response(int status, std::string_view json) {
    return {.status = status,
            .fields = {{"content-type", "application/json"}, {"cache-control", "no-store"}},
            .body = std::string(json)};
}

ApiResponse method_not_allowed(std::string_view allowed) {
    auto response = text_response(405, "only " + std::string(allowed) + " is offered here");
    response.fields.emplace_back("allow", allowed);
    return response;
}

}  // namespace sallyport::hub
