#pragma once

#include "base/bytes.hpp"
#include "mappings/protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

/// How an internal system shows that it speaks what its mapping says: what it says by itself, or to
/// a question that changes nothing. Pure, over bytes.
namespace sallyport::agent {

/// More of a greeting than this is none.
inline constexpr std::size_t greeting_bytes_max = 4096;

/// Whether there is any; http, https and what has no protocol of its own (tcp) have none: a request
/// would be an access.
bool has_greeting(mappings::Protocol protocol);

/// What is sent first; empty: the system speaks first.
Bytes greeting_question(mappings::Protocol protocol);
/// What ends the connection politely; may be empty.
Bytes greeting_farewell(mappings::Protocol protocol);

struct Greeting {
    enum class State : std::uint8_t { needs_more, good, wrong };
    State state = State::needs_more;
    std::string text{};  // good: what it said; wrong: what is wrong with it
};
/// `ended`: no more comes.
Greeting read_greeting(mappings::Protocol protocol, BytesView received, bool ended);

}  // namespace sallyport::agent
