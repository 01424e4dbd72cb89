#pragma once

#include "base/result.hpp"
#include "rfc/records.hpp"
#include "rfc/refusal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::rfc {

/// An ABAP system as CPI-C names it: application server and instance number.
class SystemName {
public:
    static constexpr std::size_t host_bytes_max = 127;  // its field has 128, with a NUL
    static constexpr std::uint8_t instance_max = 99;

    /// Errors: malformed, if the host is empty, too long, or has characters beside letters, digits,
    /// '.', '-', '_' and ':', or the instance is above 99.
    static Result<SystemName> create(std::string host, unsigned instance);

    const std::string& host() const { return host_; }
    /// "sapdp00"
    std::string_view program() const { return {program_.data(), program_.size()}; }
    /// The start of the name, as the short fields have it.
    std::string_view short_host() const { return std::string_view(host_).substr(0, 8); }

private:
    SystemName(std::string host, unsigned instance);
    std::string host_;
    std::array<char, 7> program_;
};

/// The instance whose gateway listens on `port` (33NN, or 48NN for SNC).
std::optional<unsigned> instance_of_gateway_port(std::uint16_t port);

/// INITIALIZE_CONVERSATION and SET_PARTNER_LU_NAME tell the gateway on which application server the
/// conversation shall land: without a look at them a gateway would be a relay into the network
/// behind it (docs/RFC.md#identity).
struct Identity {
    enum class Mode {
        rewrite,  // whatever the client names, the internal system is written
        check,    // the client must name the virtual or the internal system; nothing is changed
    };
    SystemName internal;
    SystemName exposed;  // the virtual one
    Mode mode = Mode::rewrite;
};

/// What the gateway's reply to INITIALIZE repeats, as the client sent it.
using EchoedNames = std::array<std::byte, 24>;

/// Judges an INITIALIZE_CONVERSATION (initialize_bytes long) and rewrites it in place. Refusals:
/// setup (another kind of conversation than with an ABAP system, a host address beside the name),
/// host_denied. `echoed` gets what the client had sent.
Refusal adapt_initialize(std::span<std::byte> record, const Identity& identity,
                         EchoedNames& echoed);

/// Writes the client's names back into the reply to INITIALIZE, if the mode is to rewrite.
void restore_echo(std::span<std::byte> reply, const Identity& identity, const EchoedNames& echoed);

/// Judges a SET_PARTNER_LU_NAME (partner_bytes long) and rewrites it in place.
Refusal adapt_partner(std::span<std::byte> record, const Identity& identity);

}  // namespace sallyport::rfc
