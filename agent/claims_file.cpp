#include "agent/claims_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/strict_json.hpp"
#include "certs/token.hpp"
#include "certs/token_claims.hpp"

#include <algorithm>
#include <istream>
#include <string>

namespace sallyport::agent {
namespace {

constexpr std::chrono::minutes sample_time_left{10};
constexpr std::size_t claims_bytes_max = 64 * 1024;

Result<std::string> read_text(const std::filesystem::path& file, std::istream& in) {
    if (file != "-") return read_file(file, claims_bytes_max);
    std::string text(claims_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > claims_bytes_max) return Error{Errc::limit, "claims above 64 KiB"};
    return text;
}

}  // namespace

Result<SampleClaims> read_claims(const std::filesystem::path& file, std::istream& in) {
    const auto text = read_text(file, in);
    if (!text) return text.error();
    auto claims = certs::parse_strict_object(*text);
    if (!claims)
        return Error{claims.error().code, file.string() +
                                              ": must be the claims of a token as a JSON object: " +
                                              claims.error().detail};
    return sample_of(std::move(*claims));
}

Result<SampleClaims> sample_of(boost::json::object claims) {
    auto principal = certs::principal_of(certs::user_type_of(claims), claims);
    if (!principal) return principal.error();
    return SampleClaims{std::move(claims), std::move(*principal)};
}

Result<void> check_sample(const boost::json::object& claims,
                          const std::vector<IdentityProviderConfig>& providers, certs::Time now) {
    if (providers.empty())
        return Error{Errc::not_found, "no [[identity_provider]] says whose tokens to believe"};
    auto whole = claims;
    whole.emplace("iss", providers.front().issuer);
    whole.emplace("exp", std::chrono::system_clock::to_time_t(now + sample_time_left));
    const auto& issuer = whole.at("iss");
    const auto provider = std::ranges::find_if(
        providers, [&](const auto& known) { return issuer == boost::json::value(known.issuer); });
    certs::Expectations expected;
    expected.now = now;
    if (provider != providers.end()) {
        expected.issuers = {provider->issuer};
        expected.audiences = provider->audiences;
        expected.any_audience = provider->any_audience;
        expected.expiration_tolerance = provider->expiration_tolerance;
        if (!provider->audiences.empty()) whole.emplace("aud", provider->audiences.front());
    }
    const auto checked = certs::check_claims(whole, expected);
    return checked ? Result<void>{} : Result<void>(checked.error());
}

}  // namespace sallyport::agent
