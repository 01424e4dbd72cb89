#include "agent/technical_credentials.hpp"

#include "base/bytes.hpp"
#include "base/config_reader.hpp"
#include "base/error.hpp"
#include "base/secret_file.hpp"
#include "certs/sha256.hpp"
#include "http/h1_codec.hpp"
#include "http/hygiene.hpp"

#include <algorithm>
#include <array>

namespace sallyport::agent {
namespace {

constexpr std::size_t credentials_bytes_max = 64 * 1024;

bool is_clean(std::string_view text) {
    return !text.empty() && std::ranges::none_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
}

/// A secret, and nothing else of it stays in memory.
Secret read_secret(ConfigTable& table, std::string_view key) {
    Secret secret(table.text(key));
    if (!is_clean(secret.reveal()))
        table.problem(key, "must be a text without control characters, and not empty");
    return secret;
}

/// A field that the agent may add: what frames or routes a message is nobody's to configure.
bool may_be_added(std::string_view name) {
    constexpr std::array<std::string_view, 3> refused = {"host", "expect", "trailer"};
    return http::h1::is_token(name) && !equal_ignoring_case(name, "host") &&
           std::ranges::none_of(refused, [&](auto one) { return http::same_name(name, one); }) &&
           (http::travels_in_request(name) || http::same_name(name, "remote-user") ||
            http::same_name(name, "x-remote-user"));
}

LoginPtr login_of(std::string name, std::string value) {
    auto login = std::make_shared<Login>();
    login->fields.push_back({to_lower(name), Secret(std::move(value))});
    login->drops_authorization = true;
    return login;
}

void use_password(std::string user, const Secret& password, TechnicalCredentials& made) {
    const Secret both(user + ":" + std::string(password.reveal()));
    made.user = std::move(user);
    made.login = login_of("authorization", "Basic " + to_base64(as_bytes(both.reveal())));
}

/// The short form, one line `user:password`; no line of TOML looks like that.
bool read_short_form(std::string_view text, TechnicalCredentials& made) {
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    const auto colon = text.find(':');
    if (colon == text.npos || colon == 0 || !is_clean(text)) return false;
    const auto user = text.substr(0, colon);
    const Secret password(std::string(text.substr(colon + 1)));
    if (user.find_first_of(" =\"'[]{}#") != user.npos || password.empty()) return false;
    use_password(std::string(user), password, made);
    return true;
}

void read_password(ConfigTable& table, TechnicalCredentials& made) {
    auto user = table.text("user");
    const auto password = read_secret(table, "password");
    if (!is_clean(user) || user.find(':') != user.npos)
        table.problem("user", "must be a name without a colon and control characters");
    use_password(std::move(user), password, made);
}

void read_field(ConfigTable& table, TechnicalCredentials& made) {
    const auto name = table.text("header");
    const auto value = read_secret(table, "value");
    if (!may_be_added(name))
        table.problem("header",
                      "must be the name of a field that the agent may add, e.g. "
                      "\"X-Api-Key\" or \"Authorization\"");
    if (!http::h1::is_field_value(value.reveal()))
        table.problem("value", "cannot be written as the value of a field");
    made.user = to_lower(name);
    made.login = login_of(name, std::string(value.reveal()));
}

void read_token_order(ConfigTable& table, TechnicalCredentials& made) {
    const auto url = KeyUrl::parse(table.text("token_url"));
    if (!url) table.problem("token_url", "must be https://host[:port]/path");
    auto client = table.text("client_id");
    auto secret = read_secret(table, "client_secret");
    auto scope = table.text("scope");
    if (!is_clean(client)) table.problem("client_id", "must be a text without control characters");
    if (!scope.empty() && !is_clean(scope))
        table.problem("scope", "must be a text without control characters");
    made.user = client;
    made.token_order =
        TokenOrder{url.value_or(KeyUrl{}), std::move(client), std::move(secret), std::move(scope)};
}

Error wrong(const std::string& name, const std::string& what) {
    return Error{Errc::malformed, name + ": " + what};
}

}  // namespace

Result<TechnicalCredentialsPtr> TechnicalCredentials::load(const std::filesystem::path& file) {
    const auto content = read_secret_file(file, credentials_bytes_max);
    if (!content) return content.error();
    return parse(content->reveal(), file.string());
}

Result<TechnicalCredentialsPtr> TechnicalCredentials::parse(std::string_view text,
                                                            const std::string& name) {
    auto made = std::make_shared<TechnicalCredentials>();
    made->digest = to_hex(certs::sha256(as_bytes(text)));
    if (read_short_form(text, *made)) return TechnicalCredentialsPtr(std::move(made));
    ConfigProblems problems;
    auto table = read_config(text, name, problems);
    // What the parser says could repeat a part of a secret.
    if (!problems.empty()) return wrong(name, "is neither TOML nor one line user:password");
    const int kinds = (table.has("password") ? 1 : 0) + (table.has("header") ? 1 : 0) +
                      (table.has("token_url") ? 1 : 0);
    if (kinds != 1)
        return wrong(name,
                     "needs either user and password, or header and value, or token_url, "
                     "client_id and client_secret");
    if (table.has("password")) read_password(table, *made);
    if (table.has("header")) read_field(table, *made);
    if (table.has("token_url")) read_token_order(table, *made);
    table.done();
    if (!problems.empty()) return Error{Errc::malformed, problems.text()};
    return TechnicalCredentialsPtr(std::move(made));
}

}  // namespace sallyport::agent
