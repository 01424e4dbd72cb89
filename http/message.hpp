#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::http {

/// One field line. Names are lower case (RFC 9113 section 8.2.1), values are bytes as they came,
/// without the blanks around them. Views: see the message that holds it.
struct Field {
    std::string_view name;
    std::string_view value;
};

using Fields = std::span<const Field>;

/// The first field of that (lower-case) name, or nullptr.
const Field* find(Fields fields, std::string_view name);

/// How a message says where its body ends. Content-Length and Transfer-Encoding never stand among
/// the fields: this is what they meant, and each hop writes its own framing from it.
struct BodySize {
    enum class Kind {
        none,     // no body, and no length was said
        exact,    // `bytes`, which may be 0
        unknown,  // ends when it ends: chunked, or an HTTP/2 stream without content-length
    };
    Kind kind = Kind::none;
    std::uint64_t bytes = 0;

    static constexpr BodySize exactly(std::uint64_t bytes) { return {Kind::exact, bytes}; }
    static constexpr BodySize until_end() { return {Kind::unknown, 0}; }
    bool operator==(const BodySize&) const = default;
};

/// What the hub tells the agent about an exchange; travels in reserved `sallyport-*` fields that
/// nothing else can set (docs/PROTOCOL.md#reserved-fields). Empty on any other hop.
struct HubFacts {
    std::string_view exchange_id;      // 26 characters, unique
    std::string_view tenant;           // tenant id
    std::string_view client;           // client id of the cloud application
    std::string_view user_token;       // compact JWS, not verified by the hub
    std::string_view technical_token;  // compact JWS, not verified by the hub
};

/// A request line and its fields. All views; valid until the `serve` they were given to returns.
struct RequestHead {
    std::string_view method;
    std::string_view authority;  // "host:port" or "host", as written by the client
    std::string_view target;  // byte for byte: origin-form, or absolute-form on a proxy's first hop
    std::string_view upgrade;  // "websocket" if this asks for one, else empty
    Fields fields;
    BodySize body;
    HubFacts facts;

    /// Bytes both ways, whatever they are (RFC 9110 section 9.3.6).
    bool is_stream() const { return method == "CONNECT" && upgrade.empty(); }
};

/// A status line and its fields. Views; valid during the call they are given to.
struct ResponseHead {
    int status = 0;
    std::string_view reason;  // empty: the usual phrase
    Fields fields;
    BodySize body =
        BodySize::until_end();  // for HEAD and 304 what the field said, though none follows
};

/// The phrase of RFC 9110 section 15 and its registry, or "" for a status without one.
std::string_view usual_reason(int status);

/// Whether repeating the request has no more effect than doing it once (RFC 9110 section 9.2.2).
bool is_idempotent(std::string_view method);

/// Whether a response with this status to this method has a body (RFC 9112 section 6.3).
bool may_have_body(std::string_view request_method, int status);

}  // namespace sallyport::http
