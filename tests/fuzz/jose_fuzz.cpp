// Tokens, key sets and the strict JSON below them. The input is taken as a token, as a key set, as
// JSON, and in lines as header, payload and signature of a token, so that the fuzzer need not learn
// base64url to get to cjose.
#include "base/bytes.hpp"
#include "certs/principal.hpp"
#include "certs/strict_json.hpp"
#include "certs/token.hpp"
#include "certs/token_parse.hpp"

#include <boost/json/parse.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace sallyport;

namespace {

void require(bool held) {
    if (!held) std::abort();
}

/// Public keys whose private halves nobody has kept: no token of the fuzzer can be right.
const certs::KeySet& keys() {
    static const auto instance =
        certs::KeySet::from_json(
            R"({"keys":[{"kty":"RSA","kid":"r","e":"AQAB","n":")"
            "t8-C9Pnu0g4VkmbMJegid_20Lb4JY0VHy6z9ZXOpdixvQuAAnVxao0iAorLxFRTaqo12Ah"
            "1wl26TwtRREOUGlDrSYI65wOpGBs6as93fxi-bhPzcMEPNEoMoGlCAwuMrQBpAultqCUjH"
            "5eypL5ifQABvaPXb3Ggkn3ysmOvLgnH8Ipsk_oz5H2scwqdiB1iqfFFQ_hFwz3KkGnpx1r"
            "ZLJEwJJrIizM_w9pN5qMPh5Tfrjj3Y-T9c1xYvHHU7rgz6G7tu8VQHrigFQeeALjN4CKJ5"
            "fELR7vHRNlG23avj2vclQ9bd9-u_Gkc2GL7Iec1WRn4dSdQWcqYLynkC4luYHw"
            R"("},)"
            R"({"kty":"EC","kid":"e","crv":"P-256",)"
            R"("x":"OMT-OWyRCW2zL_3ML-Ol4dnQgShkESAMBF9ec95JM-c",)"
            R"("y":"xHZx957LkO9zbg4AhxQg3lbpYxqeShjk6w8zxolvSiY"}]})")
            .value();
    return instance;
}

void check_token(std::string_view token) {
    const auto parsed = certs::parse_token(token);
    require(parsed || !parsed.error().detail.empty());
    if (parsed) {
        const auto type = certs::user_type_of(parsed->claims);
        const auto principal = certs::principal_of(type, parsed->claims);
        require(!principal || (*principal)->id.size() == 64);
    }
    const certs::Expectations expected{
        .issuers = {"i"}, .audiences = {}, .any_audience = true, .now = {}};
    require(!certs::verify(token, keys(), expected));
}

void check_json(std::string_view text) {
    const auto strict = certs::parse_strict_json(text);
    if (!strict) return require(!strict.error().detail.empty());
    boost::system::error_code failure;
    require(boost::json::parse(text, failure) == *strict && !failure);
}

std::string_view take_line(std::string_view& rest) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_token(input);
    check_json(input);
    (void)certs::KeySet::from_json(input).has_value();
    auto rest = input;
    auto token = to_base64url(as_bytes(take_line(rest)));
    token += "." + to_base64url(as_bytes(take_line(rest))) + ".";
    check_token(token + to_base64url(as_bytes(rest)));
    // With a signature as long as each of the keys wants it.
    for (const std::size_t length : {64u, 256u}) {
        std::string signature(rest);
        signature.resize(length, 'x');
        check_token(token + to_base64url(as_bytes(signature)));
    }
    return 0;
}
