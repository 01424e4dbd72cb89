#include "hub/api.hpp"
#include "hub/form.hpp"
#include "hub/subdomain.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// What anybody may send to the hub's API: form bodies, targets, credentials, host names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sallyport::hub;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto form = Form::parse(text)) {
        static_cast<void>(form->value("client_id"));
        static_cast<void>(form->value(""));
    }
    if (const auto decoded = form_decoded(text); decoded && decoded->reveal().size() > text.size())
        std::abort();
    static_cast<void>(parse_basic(text));
    static_cast<void>(after_scheme(text, "Bearer"));
    static_cast<void>(query_value(text, "zid"));
    const auto subdomain = subdomain_of(text, {"hub.example.com", "auth.hub.example.com"});
    if (subdomain && *subdomain && (*subdomain)->find('.') != std::string::npos) std::abort();
    return 0;
}
