#include "daemon/admin_login.hpp"
#include "daemon/admin_verbs.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// What anybody may send to admin_listen: credentials, a host, a target; and a file of tokens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sallyport;
    using namespace sallyport::daemon;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::array fields{http::Field{"authorization", text}};
    const auto shown = shown_token(fields);
    if (!shown.shown || shown.token.size() > text.size()) std::abort();
    const std::array names{std::string("localhost"), std::string("[::1]")};
    static_cast<void>(is_own_host(text, names));
    constexpr std::array<AdminVerb, 2> verbs{
        {{"GET", "/v1/status"}, {"POST", "/v1/reload", "config.reload"}}};
    // Nobody without a right comes in, whatever he asks for.
    for (const auto* method : {"GET", "POST"})
        if (decide(verbs, method, text, AdminRight::none).outcome == AdminDecision::Outcome::go_on)
            std::abort();
    if (const auto tokens = AdminTokens::parse(text, "f"); tokens && tokens->size() == 0)
        std::abort();
    return 0;
}
