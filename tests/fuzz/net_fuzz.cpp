#include "net/endpoint.hpp"
#include "net/proxy_answer.hpp"
#include "net/tls_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// What anybody may send before TLS is up, and what a corporate proxy may answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace sallyport;
    using namespace sallyport::net;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(choose_kind(as_bytes(text)));
    if (name_matches("*.hub.test", text) && text.size() < sizeof ".hub.test") std::abort();
    if (const auto literal = Endpoint::literal(text, 443)) {
        // An address reads back as what it says.
        const auto again = HostPort::parse(literal->to_string());
        if (!again || Endpoint::literal(again->host, again->port) != literal) std::abort();
    }
    if (const auto parsed = HostPort::parse(text); parsed && parsed->host.size() > size)
        std::abort();
    const auto end = proxy_head_end(text);
    if (end != std::string_view::npos && end > size) std::abort();
    const auto judged = judge_proxy_answer(text.substr(0, end), {.host = "hub.test"});
    if (judged && !text.starts_with("HTTP/1.")) std::abort();
    if (!judged)
        for (const char c : judged.error().detail)
            if (static_cast<unsigned char>(c) < 0x20) std::abort();  // must not reach a log
    return 0;
}
