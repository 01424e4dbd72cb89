#include "agent/spnego.hpp"

#include <array>

namespace sallyport::agent {
namespace {

constexpr std::uint8_t oid = 0x06;
constexpr std::uint8_t octets = 0x04;
constexpr std::uint8_t sequence = 0x30;
constexpr std::uint8_t application_0 = 0x60;
constexpr std::uint8_t context_0 = 0xa0;
constexpr std::uint8_t context_2 = 0xa2;
constexpr std::array<std::uint8_t, 6> spnego{0x2b, 0x06, 0x01, 0x05, 0x05, 0x02};
constexpr std::array<std::uint8_t, 9> krb5{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02};

/// One element in DER (X.690 section 8.1.3).
Bytes element(std::uint8_t tag, BytesView content) {
    Bytes out{std::byte(tag)};
    Bytes length;
    for (auto rest = content.size(); rest > 0; rest >>= 8U)
        length.insert(length.begin(), std::byte(rest & 0xffU));
    if (content.size() >= 0x80) out.push_back(std::byte(0x80U | length.size()));
    if (length.empty()) length.push_back(std::byte(0));
    out.insert(out.end(), length.begin(), length.end());
    out.insert(out.end(), content.begin(), content.end());
    return out;
}

Bytes joined(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

}  // namespace

Bytes spnego_init(BytesView kerberos_token) {
    const auto mechanism = element(oid, std::as_bytes(std::span(krb5)));
    const auto types = element(context_0, element(sequence, mechanism));
    const auto token = element(context_2, element(octets, kerberos_token));
    const auto init = element(context_0, element(sequence, joined(types, token)));
    return element(application_0, joined(element(oid, std::as_bytes(std::span(spnego))), init));
}

}  // namespace sallyport::agent
