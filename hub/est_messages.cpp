#include "hub/est_messages.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/pkcs7.hpp"
#include "certs/request.hpp"

#include <chrono>

namespace sallyport::hub {

ApiResponse est::refusal(const Error& error) {
    if (error.code == Errc::unauthorized) {
        auto response = text_response(401, error.detail);
        response.fields.emplace_back("www-authenticate", "Basic realm=\"sallyport\"");
        return response;
    }
    if (error.code == Errc::malformed || error.code == Errc::untrusted ||
        error.code == Errc::unsupported || error.code == Errc::limit)
        return text_response(400, error.detail);
    if (error.code == Errc::denied) return text_response(403, error.detail);
    if (error.code == Errc::unavailable)
        return text_response(503, "the hub's database is busy: try again in a few seconds");
    log::error("enrolment.failed", {{"reason", to_text(error)}});
    return text_response(500, "the hub could not enrol the agent; its log says why");
}

ApiResponse est::not_on_record(const Error& why) {
    constexpr std::chrono::seconds repaired_by_then{60};
    auto response = text_response(503, why.detail);
    response.fields.emplace_back("retry-after", std::to_string(repaired_by_then.count()));
    return response;
}

ApiResponse est::certificates(std::span<const certs::Certificate> certificates,
                              std::string_view content_type) {
    const auto der = certs::encode_certs_only(certificates);
    if (!der) return refusal(der.error());
    return {.status = 200,
            .fields = {{"content-type", std::string(content_type)},
                       {"content-transfer-encoding", "base64"}},
            .body = to_base64(as_bytes(*der))};
}

Result<certs::PublicKey> est::requested_key(const ApiRequest& request) {
    if (!has_media_type(request, "application/pkcs10"))
        return Error{Errc::malformed, "the body must be application/pkcs10, in base64"};
    const auto der = from_base64(request.body);
    if (!der) return Error{Errc::malformed, "the certification request is not base64"};
    return certs::parse_request(as_text(*der));
}

Result<std::optional<certs::Restored>> est::restored_of(const ApiRequest& request) {
    const auto field = single_field(request, certs::restored_field);
    if (!field) return field.error();
    if (!*field) return std::optional<certs::Restored>();
    auto restored = certs::Restored::parse(**field);
    if (!restored) return restored.error();
    return std::optional(std::move(*restored));
}

}  // namespace sallyport::hub
