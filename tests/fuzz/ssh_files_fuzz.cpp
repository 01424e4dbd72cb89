// What stands in a private key file and in a known_hosts file: nothing crashes, and a key that a
// file does not name is never known.
#include "base/bytes.hpp"
#include "ssh/credentials.hpp"
#include "ssh/known_hosts.hpp"

#include <cstdlib>
#include <string>

namespace {

using namespace sallyport;

/// An Ed25519 key whose bytes no file of the corpus holds.
Bytes stranger() {
    std::string key("\0\0\0\x0bssh-ed25519\0\0\0\x20", 19);
    key += std::string(32, '\x5c');
    const auto bytes = as_bytes(key);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const auto key = stranger();
    static const auto encoded = to_base64(key);
    const auto facts = ssh::key_facts(text);
    if (facts && facts->type.empty()) std::abort();
    if (!ssh::check_known_hosts(text, "known_hosts")) return 0;
    const auto verdict = ssh::judge_host_key(text, "jump.corp", 22, key);
    if (verdict == ssh::Verdict::known && text.find(encoded) == text.npos) std::abort();
    if (ssh::host_key_types(text, "jump.corp", 22).empty()) std::abort();
    return 0;
}
