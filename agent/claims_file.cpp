#include "agent/claims_file.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "certs/strict_json.hpp"

#include <istream>
#include <string>

namespace sallyport::agent {
namespace {

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

Result<certs::PrincipalPtr> read_claims(const std::filesystem::path& file, std::istream& in) {
    const auto text = read_text(file, in);
    if (!text) return text.error();
    const auto claims = certs::parse_strict_object(*text);
    if (!claims)
        return Error{claims.error().code, file.string() +
                                              ": must be the claims of a token as a JSON object: " +
                                              claims.error().detail};
    return certs::principal_of(certs::user_type_of(*claims), *claims);
}

}  // namespace sallyport::agent
