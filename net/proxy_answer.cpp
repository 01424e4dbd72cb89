#include "net/proxy_answer.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace sallyport::net {
namespace {

Error refusal(std::uint64_t status, const ProxyRequest& request, std::string_view reason) {
    const bool with = request.credentials != nullptr && !request.credentials->empty();
    if (status == 407 && with)
        return {Errc::unauthorized,
                "the proxy refused the credentials in " + request.credentials_file + " (407)"};
    if (status == 407)
        return {Errc::unauthorized,
                "the proxy asks for credentials (407); write user:password into a file and name "
                "it as proxy_credentials_file"};
    const auto text = "the proxy refused the connection to " + proxy_target(request) + ": " +
                      std::to_string(status) + " " + std::string(reason);
    if (status == 403)
        return {Errc::denied, text + "; have the proxy's administrator allow CONNECT to it"};
    return {Errc::unavailable, text};
}

/// Control characters of a hostile proxy do not reach a log.
std::string printable(std::string_view text) {
    std::string clean;
    for (const char c : text.substr(0, 100))
        clean += static_cast<unsigned char>(c) >= 0x20 && c != 0x7f ? c : '?';
    return clean;
}

}  // namespace

std::string proxy_target(const ProxyRequest& request) {
    const bool v6 = request.host.find(':') != std::string::npos;
    return (v6 ? "[" + request.host + "]" : request.host) + ":" + std::to_string(request.port);
}

std::size_t proxy_head_end(std::string_view text) {
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        auto next = at + 1;
        if (next < text.size() && text[next] == '\r') ++next;
        if (next < text.size() && text[next] == '\n') return next + 1;
    }
    return std::string_view::npos;
}

Result<void> judge_proxy_answer(std::string_view head, const ProxyRequest& request) {
    const auto line = head.substr(0, head.find('\n'));
    const Error malformed{
        Errc::protocol,
        "the proxy does not speak HTTP; is the address right? It said: " + printable(line)};
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return malformed;
    const auto status = parse_decimal(line.substr(9, 3));
    if (!status) return malformed;
    if (*status / 100 == 2) return {};
    auto reason = line.size() > 13 ? line.substr(13) : std::string_view();
    if (reason.ends_with('\r')) reason.remove_suffix(1);
    return refusal(*status, request, printable(reason));
}

}  // namespace sallyport::net
