#include "agent/token_source.hpp"

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "certs/strict_json.hpp"
#include "http/h1_codec.hpp"

#include <boost/json/value.hpp>

#include <algorithm>

namespace sallyport::agent {
namespace {

constexpr std::size_t token_bytes_max = 16 * 1024;
constexpr std::size_t reason_bytes_max = 64;
constexpr std::chrono::seconds lifetime_unsaid{300};  // where the server does not say
constexpr std::chrono::seconds lifetime_used_max = std::chrono::hours(24);

/// application/x-www-form-urlencoded, as RFC 6749 appendix B wants it for the credentials too.
std::string form_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '*';
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

/// The server's own word for why, if it is one of the short ones the RFC knows.
std::string reason_of(const http::FetchResponse& answer) {
    const auto facts = certs::parse_strict_object(answer.body);
    const auto* error = facts ? facts->if_contains("error") : nullptr;
    if (error == nullptr || !error->is_string()) return {};
    const std::string text(error->get_string());
    const bool readable = text.size() <= reason_bytes_max && std::ranges::all_of(text, [](char c) {
                              return (c >= 'a' && c <= 'z') || c == '_';
                          });
    return readable ? ": " + text : std::string();
}

/// A number, or one written as text, as some servers do.
std::optional<std::int64_t> read_seconds(const boost::json::value& value) {
    constexpr std::int64_t said_max = 4'000'000'000;
    std::int64_t seconds = 0;
    if (const auto* number = value.if_int64()) seconds = *number;
    if (const auto* text = value.if_string()) {
        const auto number = parse_decimal(std::string_view(*text));
        if (number && *number < said_max) seconds = static_cast<std::int64_t>(*number);
    }
    if (seconds <= 0) return std::nullopt;
    return std::min(seconds, said_max);
}

}  // namespace

http::FetchRequest token_request(const TokenOrder& order) {
    const Secret both(form_encoded(order.client_id) + ":" +
                      form_encoded(order.client_secret.reveal()));
    http::FetchRequest request;
    request.method = "POST";
    request.target = order.url.target;
    request.host = order.url.authority();
    request.fields = {{"authorization", "Basic " + to_base64(as_bytes(both.reveal()))},
                      {"content-type", "application/x-www-form-urlencoded"},
                      {"accept", "application/json"}};
    request.body = "grant_type=client_credentials";
    if (!order.scope.empty()) request.body += "&scope=" + form_encoded(order.scope);
    return request;
}

Result<FetchedToken> read_token_answer(const http::FetchResponse& answer) {
    if (answer.status != 200)
        return Error{Errc::unauthorized, "the token server answered " +
                                             std::to_string(answer.status) + reason_of(answer)};
    const auto facts = certs::parse_strict_object(answer.body);
    if (!facts) return Error{Errc::protocol, "the token server's answer is not JSON"};
    const auto* token = facts->if_contains("access_token");
    const auto* type = facts->if_contains("token_type");
    const auto* lifetime = facts->if_contains("expires_in");
    const bool bearer = type != nullptr && type->is_string() &&
                        equal_ignoring_case(std::string_view(type->get_string()), "bearer");
    if (token == nullptr || !token->is_string() || !bearer)
        return Error{Errc::protocol, "the token server's answer has no bearer token"};
    Secret text{std::string(token->get_string())};
    if (text.empty() || text.reveal().size() > token_bytes_max ||
        !http::h1::is_field_value(text.reveal()) || text.reveal().find(' ') != std::string::npos)
        return Error{Errc::protocol, "the token server's token cannot be written in a field"};
    auto seconds = lifetime_unsaid;
    if (lifetime != nullptr) {
        const auto said = read_seconds(*lifetime);
        if (!said)
            return Error{Errc::protocol, "the token server's expires_in is no number of seconds"};
        seconds = std::min(std::chrono::seconds(*said), lifetime_used_max);
    }
    return FetchedToken{std::move(text), seconds};
}

/// Who fetches. However it ends, even cancelled, the others go on.
class TokenSource::Turn {
public:
    explicit Turn(TokenSource& source) : source_(source) { source_.fetching_ = true; }
    ~Turn() {
        source_.fetching_ = false;
        for (auto& waiting : source_.waiting_) waiting.event.set();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    TokenSource& source_;
};

TokenSource::TokenSource(net::Loop& loop, std::unique_ptr<Connector> connector,
                         TechnicalCredentialsPtr credentials, std::chrono::milliseconds wait)
    : loop_(loop),
      connector_(std::move(connector)),
      credentials_(std::move(credentials)),
      wait_(wait) {}

LoginPtr TokenSource::at_hand() const { return net::Loop::now() < use_until_ ? login_ : nullptr; }

net::Task<Result<LoginPtr>> TokenSource::login(http::Answer& down) {
    while (true) {
        if (auto login = at_hand()) co_return login;
        if (failure_ && net::Loop::now() < failed_until_) co_return *failure_;
        if (!fetching_) {
            const Turn turn(*this);
            auto token = co_await fetch();
            if (token) {
                keep(std::move(*token));
                co_return login_;
            }
            log::warn("token.failed", {{"url", credentials_->token_order->url.text()},
                                       {"error", to_text(token.error())}});
            failure_ = token.error();
            failed_until_ = net::Loop::now() + wait_;
            co_return *failure_;
        }
        Waiting waiting(down.event());
        waiting_.push_back(waiting);
        while (fetching_ && !down.aborted()) co_await down.event().wait();
        if (down.aborted()) co_return Error{Errc::aborted, "the caller went away"};
    }
}

net::Task<Result<FetchedToken>> TokenSource::fetch() {
    const auto deadline = net::deadline_in(fetch_time_max);
    auto connection = co_await connector_->connect(nullptr, deadline);
    if (!connection) co_return connection.error();
    auto answer = co_await http::fetch(loop_, **connection,
                                       token_request(*credentials_->token_order), deadline);
    if (!answer) co_return answer.error();
    co_return read_token_answer(*answer);
}

void TokenSource::keep(FetchedToken token) {
    auto login = std::make_shared<Login>();
    login->fields.push_back(
        {"authorization", Secret("Bearer " + std::string(token.token.reveal()))});
    login->drops_authorization = true;
    login_ = std::move(login);
    failure_.reset();
    fetched_at_ = net::Loop::now();
    use_until_ = fetched_at_ + token.lifetime - std::min(reserve, token.lifetime / 10);
}

void TokenSource::refused(const Login* login) {
    if (login == nullptr || login != login_.get()) return;
    if (net::Loop::now() - fetched_at_ >= wait_) use_until_ = {};
}

}  // namespace sallyport::agent
