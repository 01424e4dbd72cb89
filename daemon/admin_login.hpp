// Who may look over HTTPS: decided here, from what a request says; pure but for reading the file.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "certs/sha256.hpp"
#include "http/message.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

/// The tokens of `admin_token_file`: one a line, several while one is replaced by the next.
class AdminTokens {
public:
    static constexpr std::size_t tokens_max = 8;
    static constexpr std::size_t token_characters_min = 32;  // nobody guesses 128 random bits
    static constexpr std::size_t token_characters_max = 512;

    /// Errors: of read_secret_file(); Errc::malformed for a file without a token, or with one that
    /// is too short, too long, or not visible ASCII. No error repeats a part of a token.
    static Result<AdminTokens> load(const std::filesystem::path& file);
    static Result<AdminTokens> parse(std::string_view text, const std::string& name);

    /// In a time that does not depend on which part of a token is right.
    bool knows(std::string_view token) const;
    std::size_t size() const { return hashes_.size(); }

private:
    std::vector<certs::Sha256> hashes_;
};

/// What a request shows of itself.
struct ShownToken {
    bool shown = false;      // it has credentials, good or bad
    std::string token = {};  // empty: they cannot be read
};

/// Of `Authorization: Bearer TOKEN`, or `Basic` with the token as password and any user, because
/// monitors that were made for SAP's connector can say no other. Two such fields: cannot be read.
ShownToken shown_token(http::Fields fields);

/// Whether `host` of a request (with or without a port) is one of `names`; case does not matter. A
/// page that a browser of this machine shows must not reach the loopback address under a name of
/// its own (DNS rebinding).
bool is_own_host(std::string_view host, std::span<const std::string> names);

}  // namespace sallyport::daemon
