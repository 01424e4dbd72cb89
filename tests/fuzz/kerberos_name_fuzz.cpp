#include "agent/kerberos_names.hpp"
#include "certs/strict_json.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace sallyport;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

std::size_t count(std::string_view text, char c) {
    return static_cast<std::size_t>(std::ranges::count(text, c));
}

}  // namespace

/// A line with a pattern, then claims as JSON: whatever they are, a name has the realm and the
/// components of its pattern.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::string_view realm = "CORP.TEST";
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto line = input.substr(0, input.find('\n'));
    const auto rest = input.substr(std::min(input.size(), line.size() + 1));
    const auto claims = certs::parse_strict_object(rest);
    const auto users = agent::KerberosUsers::create({{{}, std::string(line)}}, realm);
    if (!users) require(!users.error().detail.empty());
    if (!users || !claims) return 0;
    for (const auto type : {certs::UserType::business, certs::UserType::technical}) {
        const auto match = users->apply(type, *claims);
        if (!match) {
            require(!match.error().detail.empty());
            continue;
        }
        const auto& name = match->name;
        require(count(name, '@') == 1 && count(name, '\\') == 0);
        require(count(name, '/') <= count(line, '/') && count(name, '$') <= count(line, '$'));
        require(std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; }));
        const auto stated = line.substr(line.rfind('}') == line.npos ? 0 : line.rfind('}'));
        if (stated.find('@') == stated.npos) require(name.ends_with("@CORP.TEST"));
        if (stated.find('@') != stated.npos) require(line.ends_with(agent::realm_of(name)));
    }
    return 0;
}
