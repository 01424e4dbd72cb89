#pragma once

#include "hub/stream_handshake.hpp"

namespace sallyport::hub {

/// SOCKS5 (RFC 1928) as cloud applications speak it: the only method is 0x80, which carries an
/// access token and a location (docs/PROTOCOL.md#socks5). Names are virtual hosts, also where they
/// look like an address: nothing is ever resolved or dialled here.
class Socks5 final : public StreamHandshake {
public:
    static constexpr std::size_t token_bytes_max = std::size_t{16} * 1024;

    Step read(std::string_view bytes, std::size_t& used) override;
    std::string_view protocol() const override { return "socks5"; }
    std::string_view credential() const override { return token_; }
    std::string_view location() const override { return location_; }
    void judged(bool good) override;
    std::string_view authority() const override { return authority_; }
    void granted() override;
    void refused(StreamRefusal why) override;
    std::string_view fault() const override { return fault_; }

private:
    enum class Phase { greeting, token, request, over };
    /// Bytes taken off the front, or 0 if not all have come.
    std::size_t read_greeting(std::string_view bytes);
    std::size_t read_token(std::string_view bytes);
    std::size_t read_request(std::string_view bytes);
    std::size_t refuse(std::string reply, std::string_view fault = {});

    Phase phase_ = Phase::greeting;
    Step step_ = Step::needs_more;
    std::string token_;
    std::string location_;
    std::string authority_;
    std::string_view fault_;  // a literal
};

}  // namespace sallyport::hub
